// RFC 7644 §7.2: what the server speaks when it serves HTTPS itself.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { selfSignedCertificate } from '../support/certificate.js';
import { newDataDir, removeDataDir, startServer, type ServerProcess } from '../support/processes.js';

/** OpenSSL itself refuses old versions unless told that they are safe enough. */
const OLD_CIPHERS = 'DEFAULT:@SECLEVEL=0';
const certificate = selfSignedCertificate();
let dataDir: string;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await newDataDir();
  const [TLS_CERT, TLS_KEY] = [join(dataDir, 'cert.pem'), join(dataDir, 'key.pem')];
  writeFileSync(TLS_CERT, certificate.cert);
  writeFileSync(TLS_KEY, certificate.key);
  // A Node that would allow everything: what is refused, the server refuses.
  const NODE_OPTIONS = `--tls-min-v1.0 --tls-cipher-list=${OLD_CIPHERS}`;
  server = await startServer(dataDir, { TLS_CERT, TLS_KEY, NODE_OPTIONS });
});

afterAll(async () => {
  await server.stop();
  await removeDataDir(dataDir);
});

/** The version agreed on, or the code of the failure. */
async function handshake(port: number, version: SecureVersion): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    minVersion: version,
    maxVersion: version,
    ciphers: OLD_CIPHERS,
    ca: certificate.cert,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol() ?? 'none';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    socket.destroy();
  }
}

const port = (): number => Number(new URL(server.url).port);

describe('over TLS', () => {
  it.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('[SEC-02] speaks %s', async (version) => {
    expect(await handshake(port(), version)).toBe(version);
  });

  it.each<SecureVersion>(['TLSv1', 'TLSv1.1'])(
    '[SEC-02] refuses %s, which the client could speak',
    async (version) => {
      const willing = createServer({ ...certificate, minVersion: 'TLSv1', ciphers: OLD_CIPHERS });
      await once(willing.listen(0, '127.0.0.1'), 'listening');

      const elsewhere = await handshake((willing.address() as AddressInfo).port, version);
      const here = await handshake(port(), version);

      willing.close();
      expect(elsewhere).toBe(version);
      expect(here).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    },
  );

  it('[SEC-02] answers requests, under the URL that it prints', async () => {
    expect(server.tenantUrl).toMatch(/^https:/);
    const headers = { authorization: `Bearer ${server.token}` };

    const sent = request(`${server.tenantUrl}/Users`, {
      headers,
      ca: certificate.cert,
      checkServerIdentity: () => undefined,
    });
    const answered = once(sent, 'response');
    sent.end();
    const [reply] = await answered;

    reply.resume();
    expect(reply.statusCode).toBe(200);
  });
});
