// Faults over HTTP: POST /<fault> with a JSON object of its parameters; GET /stats for what was seen so far.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

/** @returns the port on 127.0.0.1 */
export async function startControl(endpoint, faults) {
  const actions = {
    swallow: (parameters) => faults.swallow(parameters),
    delay: (parameters) => faults.delay(parameters),
    'wrong-revision': (parameters) => faults.wrongRevision(parameters),
    hold: () => faults.hold(),
    release: () => faults.release(),
    mute: ({ appends = true, reads = true }) => void (faults.mute = { appends, reads }),
    // Nobody's user and password are good any more.
    deny: () => void (endpoint.authorization = 'nobody'),
    // The server takes less in one append than it usually does.
    limit: ({ bytes }) => void (endpoint.log.maxAppendBytes = bytes),
    // This node is no leader any more; {host, port} is.
    follow: (leader) => void (faults.leader = leader),
    lead: () => void (faults.leader = undefined),
    heal: () => faults.heal(),
    cut: () => endpoint.cut(),
    refuse: () => endpoint.refuse(),
    accept: () => endpoint.accept(),
    restart: () => endpoint.restart(),
  };
  const server = createServer(async (request, response) => {
    const name = request.url.slice(1);
    try {
      if (request.method === 'POST') await actions[name](await json(request));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(endpoint.stats()));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
