// The listening side: owns every socket, so that connections can be cut and the port closed and opened again.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { appendHandlers } from './appending.js';
import { clusterHandlers } from './cluster.js';
import { GossipService, grpc, ServerFeaturesService, StreamsService } from './protocol.js';
import { readHandlers } from './reading.js';

const HOST = '127.0.0.1';

export class GrpcEndpoint {
  log;
  faults;
  /** Base64 of name:password that calls must carry; undefined admits everybody. */
  authorization;
  counts = { connections: 0, unaryAppends: 0, batchAppends: 0, reads: 0, subscriptions: 0 };
  #openLog;
  #listener;
  #injector;
  #sockets = new Set();
  #port = 0;

  constructor({ openLog, faults, certificate, user }) {
    this.#openLog = openLog;
    this.log = openLog();
    this.faults = faults;
    this.authorization = user === undefined ? undefined : `Basic ${Buffer.from(user).toString('base64')}`;
    const server = new grpc.Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
    server.addService(StreamsService, { ...appendHandlers(this), ...readHandlers(this) });
    const cluster = clusterHandlers(this);
    server.addService(GossipService, cluster.gossip);
    server.addService(ServerFeaturesService, cluster.features);
    this.#injector = server.createConnectionInjector(credentialsOf(certificate));
  }

  get address() {
    return { host: HOST, port: this.#port };
  }

  async listen(port) {
    this.#listener = createServer((socket) => this.#take(socket));
    this.#listener.listen(port, HOST);
    await once(this.#listener, 'listening');
    this.#port = this.#listener.address().port;
    return this.#port;
  }

  /** Breaks every connection; new ones are taken. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nobody listens any more. */
  async refuse() {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    this.cut();
    await closed;
  }

  async accept() {
    await this.listen(this.#port);
  }

  /** Goes away and comes back on the same port with what the file holds, or with what was in memory. */
  async restart() {
    await this.refuse();
    const reopened = this.#openLog();
    if (reopened.events.length > 1) this.log = reopened;
    await this.accept();
  }

  stats() {
    return { ...this.counts, openConnections: this.#sockets.size, events: this.log.events.length };
  }

  #take(socket) {
    this.counts.connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#injector.injectConnection(socket);
  }
}

function credentialsOf(certificate) {
  if (certificate === undefined) return grpc.ServerCredentials.createInsecure();
  const { key, certificate: chain } = certificate;
  return grpc.ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: chain }]);
}
