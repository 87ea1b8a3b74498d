// The load client's own process: keeps N requests in flight on N connections, takes the time of each operation and
// refuses an answer that is not the expected one, so that a broken server never looks like a fast one.
import { lookup, threeOperations, user, userName } from './fixtures.js';
import { HttpConnection } from './http-connection.js';

const ID = /"id":\s*"([^"]+)"/;

function expectStatus(answer, status, what) {
  if (answer.status === status) return;
  throw new Error(
    `${what}: expected ${status}, got ${answer.status}: ${answer.body.toString('utf8', 0, 400)}`,
  );
}

async function create(connection, job, number) {
  const answer = await connection.request('POST', '/Users', JSON.stringify(user(job.prefix, number)));
  expectStatus(answer, 201, 'POST /Users');
  return ID.exec(answer.body.toString())[1];
}

// What one operation of each kind is. A returned string is kept as the id of what was created.
const OPERATIONS = {
  create,

  async initialCycle(connection, job, number) {
    const answer = await connection.request('GET', lookup('userName', userName(job.prefix, number)));
    expectStatus(answer, 200, 'lookup before create');
    if (!answer.body.includes('"totalResults":0'))
      throw new Error(`lookup before create found ${answer.body}`);
    return create(connection, job, number);
  },

  async patch(connection, job, number) {
    const body = JSON.stringify(threeOperations(job.prefix, number, job.round));
    const answer = await connection.request('PATCH', `/Users/${job.ids[number % job.ids.length]}`, body);
    expectStatus(answer, 200, 'PATCH /Users');
  },

  async request(connection, job, number) {
    const { method, path, body, status, contains } = job.requests[number % job.requests.length];
    const answer = await connection.request(
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
    );
    expectStatus(answer, status, `${method} ${path}`);
    if (contains !== undefined && !answer.body.includes(contains)) {
      throw new Error(`${method} ${path}: expected ${contains} in ${answer.body.toString('utf8', 0, 400)}`);
    }
    return job.wantsIds ? ID.exec(answer.body.toString())?.[1] : undefined;
  },
};

async function runJob(job) {
  const operation = OPERATIONS[job.operation];
  const connections = Array.from({ length: job.inFlight }, () => new HttpConnection(job.target));
  const latenciesMs = new Float64Array(job.count);
  const ids = job.wantsIds ? new Array(job.count) : [];
  let next = 0;

  const worker = async (connection) => {
    while (next < job.count) {
      const index = next++;
      const started = performance.now();
      const id = await operation(connection, job, job.from + index);
      latenciesMs[index] = performance.now() - started;
      if (job.wantsIds) ids[index] = id;
    }
  };

  const started = performance.now();
  try {
    await Promise.all(connections.map(worker));
  } finally {
    connections.forEach((connection) => connection.close());
  }
  return summarise(latenciesMs, performance.now() - started, ids);
}

function summarise(latenciesMs, elapsedMs, ids) {
  latenciesMs.sort();
  const quantile = (q) => latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(q * latenciesMs.length))];
  return {
    count: latenciesMs.length,
    elapsedMs,
    perSecond: (latenciesMs.length * 1000) / elapsedMs,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    ids,
  };
}

process.on('message', async ({ number, job }) => {
  try {
    process.send({ number, result: await runJob(job) });
  } catch (error) {
    process.send({ number, error: error.message });
  }
});
process.on('disconnect', () => process.exit(0));
