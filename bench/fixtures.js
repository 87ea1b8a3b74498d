// The bodies and paths that Entra sends, for invented people. Deterministic: the same number is the same person.
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const GIVEN = ['Mila', 'Tomáš', 'Anna', 'Peter', 'Zuzana', 'Ján', 'Eva', 'Marek', 'Lucia', 'Adam'];
const FAMILY = [
  'Novak',
  'Kováč',
  'Horváth',
  'Varga',
  'Tóth',
  'Nagy',
  'Baláž',
  'Molnár',
  'Szabó',
  'Lukáč',
  'Polák',
];
const DEPARTMENTS = ['Ovens', 'Pastry', 'Mill', 'Delivery', 'Books', 'Shop', 'Cellar'];

export const userName = (prefix, number) => `${prefix}.${number}@brightloaf.example`;
export const externalId = (prefix, number) => `${prefix}-${number}`;

/** A user as Entra creates one with its default mapping and the enterprise extension. */
export function user(prefix, number) {
  const givenName = GIVEN[number % GIVEN.length];
  const familyName = FAMILY[number % FAMILY.length];
  const mail = userName(prefix, number);
  return {
    schemas: [USER, ENTERPRISE],
    externalId: externalId(prefix, number),
    userName: mail,
    active: true,
    displayName: `${givenName} ${familyName}`,
    emails: [{ primary: true, type: 'work', value: mail }],
    meta: { resourceType: 'User' },
    name: { formatted: `${givenName} ${familyName}`, familyName, givenName },
    phoneNumbers: [{ type: 'mobile', value: `+421 905 ${String(number).padStart(6, '0')}` }],
    addresses: [
      { type: 'work', streetAddress: `${number} Mill Lane`, locality: 'Košice', postalCode: '04001' },
    ],
    title: 'Baker',
    preferredLanguage: 'sk',
    [ENTERPRISE]: {
      employeeNumber: String(70_000 + number),
      department: DEPARTMENTS[number % DEPARTMENTS.length],
    },
  };
}

/** Three operations in Entra's legacy dialect; every `round` writes other values, so that each one is a change. */
export function threeOperations(prefix, number, round) {
  const department = `${ENTERPRISE}:department`;
  return {
    schemas: [PATCH_OP],
    Operations: [
      { op: 'Replace', path: 'displayName', value: `Mila Nováková ${number} ${round}` },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: userName(`${prefix}.r${round}`, number) },
      { op: 'Add', path: department, value: `Pastry ${number} ${round}` },
    ],
  };
}

export const group = (displayName) => ({
  schemas: [GROUP],
  externalId: `x-${displayName}`,
  displayName,
  meta: { resourceType: 'Group' },
});

/** Entra's legacy member dialect: `Add` or `Remove` with a value array. */
export const memberChange = (op, ids) => ({
  schemas: [PATCH_OP],
  Operations: [{ op, path: 'members', value: ids.map((value) => ({ $ref: null, value })) }],
});

export const lookup = (attribute, value) =>
  `/Users?filter=${encodeURIComponent(`${attribute} eq "${value}"`)}`;
