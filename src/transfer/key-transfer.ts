// All keys of a ledger into a file under a passphrase, and from it into a key store that has none.
import type { Config } from '../config/config.js';
import { fingerprintOf } from '../keys/key-wrapping.js';
import type { AllKeys, UserKeyRecord } from '../keys/transfer/all-keys.js';
import { keyFileLines, openKeyFileLines } from '../keys/transfer/key-file.js';
import { openAllKeys, putAllKeys } from './key-stores.js';
import { linesOf, writeFileOfLines } from './lines.js';

export interface KeyTransferResult {
  readonly keyFingerprint: string;
  /** Destroyed ones included. */
  readonly userKeys: number;
  readonly tenantKeys: number;
}

/**
 * Writes all keys at hand to a file.
 *
 * @param passphrase asked for once the keys are known to be there
 * @throws SecretKeyError, KeyStoreUnavailable, TransferRefused
 */
export async function exportKeys(
  config: Config,
  path: string,
  passphrase: () => Promise<string>,
): Promise<KeyTransferResult> {
  const reader = await openAllKeys(config);
  try {
    const keys = await reader.read();
    let userKeys = 0;
    const counted = countedPages(keys.userKeys, (count) => (userKeys += count));
    await writeFileOfLines(keyFileLines({ ...keys, userKeys: counted }, await passphrase()), path);
    return { ...summaryOf(keys), userKeys };
  } finally {
    await reader.close();
  }
}

/** @throws KeyFileRefused, TransferRefused, SecretKeyError, KeyStoreUnavailable, DataDirInUse: nothing was written */
export async function importKeys(
  config: Config,
  path: string,
  passphrase: () => Promise<string>,
): Promise<KeyTransferResult> {
  const lines = linesOf(path);
  try {
    const keys = await openKeyFileLines(lines, passphrase);
    return { ...summaryOf(keys), userKeys: await putAllKeys(config, keys) };
  } finally {
    await lines.return(undefined);
  }
}

function summaryOf({ secretKey, tenantKeys }: AllKeys) {
  return { keyFingerprint: fingerprintOf(secretKey), tenantKeys: tenantKeys.length };
}

async function* countedPages(
  pages: AsyncIterable<readonly UserKeyRecord[]>,
  onPage: (count: number) => void,
): AsyncGenerator<readonly UserKeyRecord[]> {
  for await (const page of pages) {
    onPage(page.length);
    yield page;
  }
}
