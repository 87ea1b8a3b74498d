// Times the parsing of a user body in a process of its own: median of the rounds, in microseconds for each body.
// Prints JSON. Run by measures/parse-body.js; takes the number of rounds.
import { user } from '../fixtures.js';
import { median } from '../statistics.js';

const BODIES = 500;
const PASSES = 40;

const dist = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { parseResource } = await dist('scim/schema/parse-resource.js');
const { ENTRA_LENIENCIES, LeniencyUse } = await dist('scim/leniency.js');
const { resourceTypeNamed } = await dist('resources/registry.js');
const { schema } = resourceTypeNamed('User');

const texts = Array.from({ length: BODIES }, (_, number) => JSON.stringify(user('micro', number)));
const bodies = texts.map((text) => JSON.parse(text));

function microseconds(work, items) {
  const started = performance.now();
  for (let pass = 0; pass < PASSES; pass++) for (const item of items) work(item);
  return ((performance.now() - started) * 1000) / (PASSES * items.length);
}

const parse = (body) => parseResource(schema, body, { leniencies: new LeniencyUse(ENTRA_LENIENCIES) });
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
