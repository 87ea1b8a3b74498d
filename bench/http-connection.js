// One keep-alive HTTP/1.1 connection over a raw socket: the least a client can cost, so that on two cores the server
// is what is measured. Loopback only; understands Content-Length and chunked answers, and answers without a body.
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

export class HttpConnection {
  #socket;
  #prefix;
  #received = [];
  #size = 0;
  #head;
  #waiting;

  constructor({ url, token }) {
    const { hostname, port, pathname } = new URL(url);
    if (hostname !== '127.0.0.1')
      throw new Error(`The load client talks to 127.0.0.1 only, not to ${hostname}.`);
    this.#prefix = { path: pathname.replace(/\/$/, ''), host: `${hostname}:${port}`, token };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
  }

  /** Sends one request and resolves to `{ status, head, body }`; `path` is relative to the Tenant URL. */
  request(method, path, body) {
    const { path: base, host, token } = this.#prefix;
    const entity =
      body === undefined
        ? '\r\n'
        : `Content-Type: application/scim+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(
        `${method} ${base}${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
          `Accept: application/scim+json\r\nConnection: keep-alive\r\n${entity}`,
      );
    });
  }

  close() {
    this.#socket.destroy();
  }

  #receive(chunk) {
    this.#received.push(chunk);
    this.#size += chunk.length;
    if (this.#head === undefined && !this.#readHead()) return;
    const { length, start } = this.#head;
    if (
      length === undefined
        ? !chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
        : this.#size < start + length
    ) {
      return;
    }
    this.#finish();
  }

  #readHead() {
    if (this.#received.length > 1) this.#received = [Buffer.concat(this.#received)];
    const end = this.#received[0].indexOf(HEAD_END);
    if (end < 0) return false;
    const text = this.#received[0].toString('latin1', 0, end);
    const status = Number(text.slice(9, 12));
    const given = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    const isEmpty = status === 204 || status === 304;
    const length = isEmpty ? 0 : given === undefined ? undefined : Number(given);
    this.#head = { text, status, length, start: end + HEAD_END.length };
    return true;
  }

  #finish() {
    const { text, status, length, start } = this.#head;
    const all = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received);
    const raw = all.subarray(start);
    const { resolve } = this.#waiting;
    this.#received = [];
    this.#size = 0;
    this.#head = undefined;
    this.#waiting = undefined;
    resolve({ status, head: text, body: length === undefined ? joinChunks(raw) : raw });
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

function joinChunks(raw) {
  const parts = [];
  let offset = 0;
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', offset);
    const size = Number.parseInt(raw.toString('latin1', offset, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    offset = lineEnd + 2 + size + 2;
  }
}
