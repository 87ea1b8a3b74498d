// Starts the double of EventStoreDB (esdb-double/server.js) and speaks to its control port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const SERVER = join(import.meta.dirname, 'esdb-double', 'server.js');

export interface DoubleOptions {
  /** Keeps events for a restart. */
  readonly file?: string;
  readonly tls?: boolean;
  /** name:password that every call must carry. */
  readonly user?: string;
}

export interface DoubleStats {
  /** Connections ever taken, and those that stand. */
  readonly connections: number;
  readonly openConnections: number;
  readonly unaryAppends: number;
  readonly batchAppends: number;
  readonly reads: number;
  /** Subscriptions that stand. */
  readonly subscriptions: number;
  /** Position after which the last subscription to $all began; absent for the start. */
  readonly subscribedAfter?: number;
  /** All events, the server's own and those of others among them. */
  readonly events: number;
}

export type Fault =
  | 'swallow'
  | 'delay'
  | 'wrong-revision'
  | 'hold'
  | 'release'
  | 'mute'
  | 'deny'
  | 'limit'
  | 'follow'
  | 'lead'
  | 'heal'
  | 'cut'
  | 'refuse'
  | 'accept'
  | 'restart';

export interface EsdbDouble {
  readonly host: string;
  readonly port: number;
  /** For a server without TLS; with TLS, for whoever trusts its authority. */
  readonly connectionString: string;
  /** Switches a fault on; what each does stands in esdb-double/control.js and faults.js. */
  fault(name: Fault, parameters?: Readonly<Record<string, unknown>>): Promise<DoubleStats>;
  stats(): Promise<DoubleStats>;
  /** Resolves when what the double has seen is as wanted. */
  until(isWanted: (stats: DoubleStats) => boolean): Promise<DoubleStats>;
  stop(): Promise<void>;
}

export async function startEsdbDouble(options: DoubleOptions = {}): Promise<EsdbDouble> {
  const { file, tls = false, user } = options;
  const args = [
    ...(file ? ['--file', file] : []),
    ...(tls ? ['--tls'] : []),
    ...(user ? ['--user', user] : []),
  ];
  const child = spawn(process.execPath, [SERVER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const { port, controlPort, caFile } = JSON.parse(line) as Record<string, unknown>;
  const control = `http://127.0.0.1:${Number(controlPort)}`;
  const stats = async (path = 'stats', init: RequestInit = {}): Promise<DoubleStats> => {
    const response = await fetch(`${control}/${path}`, init);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as DoubleStats;
  };
  const security = tls ? `tlsCAFile=${encodeURIComponent(String(caFile))}` : 'tls=false';
  const login = user ? `${user}@` : '';
  return {
    host: '127.0.0.1',
    port: Number(port),
    // over TLS by name: an address is no server name in TLS
    connectionString: `esdb://${login}${tls ? 'localhost' : '127.0.0.1'}:${Number(port)}?${security}`,
    fault: (name, parameters = {}) => stats(name, { method: 'POST', body: JSON.stringify(parameters) }),
    stats: () => stats(),
    until: async (isWanted) => {
      for (;;) {
        const seen = await stats();
        if (isWanted(seen)) return seen;
        await delay(5);
      }
    },
    stop: async () => {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}
