// A certificate of its own for 127.0.0.1 and localhost, so that TLS is tested without keeping a key in the repository.
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
};
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** @returns {{ key: Buffer, certificate: Buffer, caFile: string }} PEM; the file is removed when the process ends */
export function makeCertificate() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const name = sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from('localhost')))));
  const validity = sequence(utcTime(Date.now() - YEAR_MS), utcTime(Date.now() + YEAR_MS));
  // [2] DNS name, [7] address
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
  const extensions = sequence(
    extension(OID.subjectAltName, names),
    extension(OID.basicConstraints, isAuthority),
  );
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', signed, privateKey)]);
  const certificate = pem(sequence(signed, algorithm, der(0x03, signature)));
  const directory = mkdtempSync(join(tmpdir(), 'esdb-double-'));
  process.once('exit', () => rmSync(directory, { recursive: true }));
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, certificate);
  return { key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })), certificate, caFile };
}

function der(tag, ...content) {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  return Buffer.concat([Buffer.from([tag, 0x82, body.length >> 8, body.length & 0xff]), body]);
}

function sequence(...content) {
  return der(0x30, ...content);
}

function oid(hex) {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function extension(id, value) {
  return sequence(oid(id), der(0x04, value));
}

function utcTime(ms) {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function pem(content) {
  const lines = content.toString('base64').replaceAll(/(.{64})/g, '$1\n');
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
}
