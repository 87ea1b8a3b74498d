// The URLs of the SCIM API, told from their path alone: for answers that no controller gives.
import { resourceTypeAt } from '../../resources/registry.js';

/** A path under a SCIM base URL. */
export interface ScimPath {
  /** The tenant that the URL names; undefined when the token chooses it. */
  readonly tenant: string | undefined;
  /** Protocol version as written, for example `v2`. */
  readonly version: string;
  /** Path segments after the base URL, still encoded. */
  readonly segments: readonly string[];
}

const SCIM_PATH = /^(?:\/t\/([^/]+))?\/scim\/(v\d+)(\/.*)?$/;

/** The parts of a request's path; undefined outside the SCIM API. */
export function parseScimPath(url: string): ScimPath | undefined {
  const [path = ''] = url.split('?', 1);
  const match = SCIM_PATH.exec(path);
  if (!match) return undefined;
  const [, tenant, version = '', rest = ''] = match;
  return { tenant, version, segments: rest.split('/').filter((segment) => segment !== '') };
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a path segment has the form of our ids. */
export function isId(segment: string): boolean {
  return ID.test(segment);
}

/**
 * A request's path as logs and events may show it: without its query, and of a SCIM path only what is an endpoint or
 * an id. Anything else that stands where an id belongs may be a personal value, a userName for instance.
 */
export function shownPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  const scim = parseScimPath(path);
  // A mistyped base URL has personal values behind it as well.
  if (!scim) return KNOWN.test(path) ? path : path.replace(/^(\/[^/]*\/).+$/, '$1…');
  const base = `${scim.tenant === undefined ? '' : `/t/${scim.tenant}`}/scim/${scim.version}`;
  return [base, ...scim.segments.map((segment) => (isShown(segment) ? segment : '…'))].join('/');
}

const KNOWN = /^\/(admin\/v1|health|metrics)(\/|$)/;

function isShown(segment: string): boolean {
  return isId(segment) || segment === '.search' || DISCOVERY.has(segment) || !!resourceTypeAt(segment);
}

const DISCOVERY = new Set(['ServiceProviderConfig', 'ResourceTypes', 'Schemas']);

/** The methods that a path of the SCIM API takes; none when nothing is there. */
export function methodsOf({ segments }: ScimPath): readonly string[] {
  const [endpoint = '', id, ...more] = segments;
  if (more.length > 0) return [];
  if (endpoint === '') return ['GET'];
  if (endpoint === '.search') return id === undefined ? ['POST'] : [];
  if (DISCOVERY.has(endpoint)) return ['GET'];
  if (!resourceTypeAt(endpoint)) return [];
  if (id === undefined) return ['GET', 'POST'];
  return id === '.search' ? ['POST'] : ['GET', 'PUT', 'PATCH', 'DELETE'];
}
