// A double of EventStoreDB: a process of its own that speaks its gRPC protocol over a real socket, with the service
// definitions that the client package ships. IT PROVES OUR USE OF THE PROTOCOL, NOT THE SERVER'S BEHAVIOUR: it does
// what the server's documentation and source say as far as this product relies on it. A real server is what
// TEST_EVENTSTORE_URL is for.
//
//   node server.js [--port 0] [--file events.ndjson] [--tls] [--user name:password]
//
// Prints one line of JSON when it listens: {port, controlPort, caFile?}. Ends with its standard input. Faults are
// switched on over HTTP at controlPort (control.js).
import { parseArgs } from 'node:util';
import { startControl } from './control.js';
import { Faults } from './faults.js';
import { GrpcEndpoint } from './grpc-endpoint.js';
import { Log } from './log.js';
import { makeCertificate } from './certificate.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    file: { type: 'string' },
    tls: { type: 'boolean', default: false },
    user: { type: 'string' },
  },
});

const faults = new Faults();
const certificate = values.tls ? makeCertificate() : undefined;
const endpoint = new GrpcEndpoint({
  openLog: () => new Log(values.file),
  faults,
  certificate,
  user: values.user,
});
const port = await endpoint.listen(Number(values.port));
const controlPort = await startControl(endpoint, faults);

process.stdin.resume().once('end', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ port, controlPort, caFile: certificate?.caFile })}\n`);
