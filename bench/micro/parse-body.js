// Times the parsing of a user body in a process of its own: median of the rounds, in microseconds for each body.
// Prints JSON. Run by measures/parse-body.js; takes the number of rounds.
import { user } from '../fixtures.js';
import { median } from '../statistics.js';

const BODIES = 500;
const PASSES = 40;

const { parseResource, userResourceSchema, use } = await parser();

/** The schema engine as the server uses it: the registered user type, with Entra's leniencies on. */
async function parser() {
  const [{ parseResource: parse }, registry, leniency] = await Promise.all([
    import('../../dist/scim/schema/parse-resource.js'),
    import('../../dist/resources/registry.js'),
    import('../../dist/scim/leniency.js'),
  ]);
  return { parseResource: parse, userResourceSchema: userSchema(registry), use: leniencyUse(leniency) };
}

function userSchema(registry) {
  const types = Object.values(registry).flatMap((value) => (Array.isArray(value) ? value : [value]));
  return types.find((type) => type?.name === 'User').schema;
}

const leniencyUse = ({ leniencyUse: create, ENTRA_LENIENCIES }) => () => create(ENTRA_LENIENCIES);

const texts = Array.from({ length: BODIES }, (_, number) => JSON.stringify(user('micro', number)));
const bodies = texts.map((text) => JSON.parse(text));

function microseconds(work, items) {
  const started = performance.now();
  for (let pass = 0; pass < PASSES; pass++) for (const item of items) work(item);
  return ((performance.now() - started) * 1000) / (PASSES * items.length);
}

const parse = (body) => parseResource(userResourceSchema, body, { leniencies: use() });
const rounds = Number(process.argv[2] ?? 5);
const parseTimes = [];
const jsonTimes = [];
for (let round = -1; round < rounds; round++) {
  const parseUs = microseconds(parse, bodies);
  const jsonUs = microseconds(JSON.parse, texts);
  if (round < 0) continue;
  parseTimes.push(parseUs);
  jsonTimes.push(jsonUs);
}
process.stdout.write(JSON.stringify({ parseUs: median(parseTimes), jsonUs: median(jsonTimes) }));
