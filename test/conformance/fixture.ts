// Recorded exchanges: a JSON file each, replayed byte for byte. This file reads, fills in and plays them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { App, Reply } from '../support/app.js';
import { mediaTypeOf } from './scim.js';
import { isArray, isObject, mismatches } from './match.js';

export interface FixtureRequest {
  readonly method: string;
  /** Relative to the Tenant URL, with its query string as the client writes it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  /** A string is sent as these very bytes, anything else as JSON. */
  readonly body?: unknown;
  /** Name → dotted path into the answer; `{{name}}` stands for the value from then on. */
  readonly save?: Readonly<Record<string, string>>;
}

export interface FixtureExpectation {
  readonly status: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** A subset of the body, see match.ts for arrays and `$…` conditions. */
  readonly body?: unknown;
  /** Dotted paths that must not occur in the body. */
  readonly absent?: readonly string[];
}

export interface Fixture {
  /** The file's name without `.json`. */
  readonly file: string;
  /** Number of the rule of the Entra dialect, or null for an exchange that no single rule covers. */
  readonly rule: number | null;
  readonly ids: readonly string[];
  readonly name: string;
  readonly profile?: 'default' | 'strict';
  readonly given?: readonly FixtureRequest[];
  readonly request: FixtureRequest;
  /** The request is sent this many times at once and every answer has to be the expected one. */
  readonly repeat?: number;
  readonly expect: FixtureExpectation;
  readonly then?: readonly { readonly request: FixtureRequest; readonly expect: FixtureExpectation }[];
}

export function loadFixtures(): readonly Fixture[] {
  const folder = join(import.meta.dirname, 'fixtures');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const fixture: Omit<Fixture, 'file'> = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      return { ...fixture, file: name.slice(0, -'.json'.length) };
    });
}

/** Plays a fixture against an app that holds no resources; returns what differs from the recording. */
export async function play(app: App, fixture: Fixture): Promise<readonly string[]> {
  const saved = new Map([['tenantUrl', app.tenantUrl]]);
  for (const step of fixture.given ?? []) {
    const reply = await send(app, step, saved);
    if (reply.status >= 300) return [`given ${step.method} ${step.path}: ${reply.status} ${reply.text}`];
  }

  const replies = await Promise.all(
    Array.from({ length: fixture.repeat ?? 1 }, () => send(app, fixture.request, saved)),
  );
  const found = replies.flatMap((reply) => differences(reply, fixture.expect, saved, 'answer'));

  for (const [index, step] of (fixture.then ?? []).entries()) {
    const reply = await send(app, step.request, saved);
    const label = `then ${index + 1} (${step.request.method} ${step.request.path})`;
    found.push(...differences(reply, step.expect, saved, label));
  }
  return found;
}

async function send(app: App, request: FixtureRequest, saved: Map<string, string>): Promise<Reply> {
  const body = request.body === undefined ? undefined : fill(textOf(request.body), saved);
  const reply = await app.request(
    request.method,
    fill(request.path, saved),
    body,
    fillAll(request.headers, saved),
  );
  for (const [name, path] of Object.entries(request.save ?? {})) {
    saved.set(name, String(valueAt(reply.body, path)));
  }
  return reply;
}

function differences(
  reply: Reply,
  expected: FixtureExpectation,
  saved: Map<string, string>,
  label: string,
): string[] {
  const found: string[] = [];
  if (reply.status !== expected.status) found.push(`status ${reply.status} instead of ${expected.status}`);
  // Entra refuses an answer of any other media type, errors included
  if (reply.text !== '' && mediaTypeOf(reply) !== 'application/scim+json') {
    found.push(`content-type ${reply.headers.get('content-type')}`);
  }
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    found.push(...mismatches(reply.headers.get(name) ?? undefined, filled(value, saved), `header ${name}`));
  }
  if (expected.body !== undefined)
    found.push(...mismatches(reply.body, filled(expected.body, saved), 'body'));
  for (const path of expected.absent ?? []) {
    if (valueAt(reply.body, path) !== undefined) found.push(`${path} is present`);
  }
  return found.length === 0
    ? []
    : [...found.map((difference) => `${label}: ${difference}`), `  got ${reply.text}`];
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function fill(text: string, saved: Map<string, string>): string {
  return text.replaceAll(/\{\{(\w+)(:upper)?\}\}/g, (_, name: string, upper?: string) => {
    const value = saved.get(name);
    if (value === undefined) throw new Error(`Nothing was saved as "${name}"`);
    return upper === undefined ? value : value.toUpperCase();
  });
}

function fillAll(
  headers: FixtureRequest['headers'],
  saved: Map<string, string>,
): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, value === null ? null : fill(value, saved)]),
  );
}

function filled(value: unknown, saved: Map<string, string>): unknown {
  if (typeof value === 'string') return fill(value, saved);
  if (isArray(value)) return value.map((item) => filled(item, saved));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, saved)]));
}

/** Dots separate members; a URN, which has dots of its own, is written in quotes: `"urn:…:User".manager`. */
function valueAt(body: unknown, path: string): unknown {
  const keys = [...path.matchAll(/"([^"]+)"|([^."]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  let value: unknown = body;
  for (const key of keys) {
    if (isArray(value)) value = value[Number(key)];
    else if (isObject(value)) value = value[key];
    else return undefined;
  }
  return value;
}
