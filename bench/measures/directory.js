// Directories of many users, loaded once a run over HTTP and kept for the measures that need them.

const IN_FLIGHT = 64;
const CHUNK = 10_000;

/**
 * A data directory with `count` users `{prefix}.0 … {prefix}.{count - 1}`, its server stopped.
 *
 * @returns `{ directory, ids, count }`; measures that write work on `workspace.copyOf(directory)`
 */
export function directoryOfUsers(workspace, count, prefix = 'user') {
  return workspace.prepared(`users-${count}`, async () => {
    const directory = workspace.directory();
    const server = await workspace.start('ledger', directory);
    try {
      const ids = await createUsers(workspace, server, count, prefix);
      return { directory, ids, count };
    } finally {
      await server.stop();
    }
  });
}

export async function createUsers(workspace, server, count, prefix) {
  const ids = [];
  for (let from = 0; from < count; from += CHUNK) {
    const job = { operation: 'create', from, prefix, inFlight: IN_FLIGHT, wantsIds: true };
    const result = await workspace.client.run(server, { ...job, count: Math.min(CHUNK, count - from) });
    ids.push(...result.ids);
    workspace.log(`${ids.length.toLocaleString('en-GB')} users loaded (${Math.round(result.perSecond)}/s)`);
  }
  return ids;
}

/** Different places of a directory, spread evenly and in no order, the same in every run. */
export const places = (count, wanted) => Array.from({ length: wanted }, (_, n) => (n * 7_919 + 13) % count);
