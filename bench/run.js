// npm run bench: runs the measures, prints a table and writes the figures to bench/results/. See docs/benchmarks.md.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './machine.js';
import { MEASURES } from './measures/index.js';
import { failed, save, table } from './report.js';
import { killAll } from './servers.js';
import { Workspace } from './workspace.js';

const USAGE = `usage: npm run bench -- [--only name,name] [--scale 0.1] [--rounds 5] [--list]
  --only    measures by name; the start of a name selects all that begin with it
  --scale   multiplies counts of users, members and events (1); targets hold at 1
  --rounds  counted rounds of each comparison (5)
  --list    names the measures and ends`;

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      scale: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      list: { type: 'boolean', default: false },
    },
  });
  const scale = Number(values.scale);
  const rounds = Number(values.rounds);
  if (!(scale > 0 && scale <= 1))
    throw new Error(`--scale is ${values.scale}; above 0 and at most 1 is accepted.`);
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 50)) {
    throw new Error(`--rounds is ${values.rounds}; 1 to 50 is accepted.`);
  }
  return { scale, rounds, list: values.list, measures: selected(values.only) };
}

function selected(only) {
  if (only === undefined) return MEASURES;
  const names = only.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!MEASURES.some((measure) => measure.name.startsWith(name)))
      throw new Error(`No measure begins with ${name}.`);
  }
  return MEASURES.filter((measure) => names.some((name) => measure.name.startsWith(name)));
}

async function runAll({ scale, rounds, measures }) {
  const workspace = new Workspace({ scale, rounds });
  const interrupted = () => {
    killAll();
    workspace.remove();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const results = [];
  try {
    for (const measure of measures) {
      process.stderr.write(`${measure.name}: ${measure.title}\n`);
      try {
        results.push(...(await measure.run(workspace)));
      } catch (error) {
        process.stderr.write(`  failed: ${error.stack}\n`);
        results.push(failed(measure.name, error));
      }
    }
  } finally {
    await workspace.close();
  }
  return results;
}

async function main() {
  const chosen = options();
  if (chosen.list) {
    process.stdout.write(chosen.measures.map(({ name, title }) => `${name.padEnd(20)}${title}\n`).join(''));
    return;
  }
  const report = {
    startedAt: new Date().toISOString(),
    scale: chosen.scale,
    rounds: chosen.rounds,
    machine: machine(),
  };
  const results = await runAll(chosen);
  const { node, cpu, cores, medianSyncUs } = report.machine;
  const path = save(fileURLToPath(new URL('results/', import.meta.url)), { ...report, results });
  process.stdout.write(`\n${table(results)}\n\n`);
  process.stdout.write(
    `Node ${node}, ${cores} × ${cpu}, fsync ${medianSyncUs} µs, scale ${chosen.scale}\n${path}\n`,
  );
  if (results.some(({ reached }) => reached === 'failed')) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = 2;
}
