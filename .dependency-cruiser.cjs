// The layout of the sources as rules. Imports flow one way:
// http → commands → resources → event-store → projections → read-model → queries → http
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: { path: '^src/', pathNot: [...to, from] },
});
const packageOnlyIn = (name, packagePath, folders, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: folders },
  to: { path: packagePath },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A circle means that two files are one idea, or that an arrow runs the wrong way.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    only('config-stands-alone', '^src/config/', [], 'Settings are read before anything else exists.'),
    only(
      'scim-is-pure',
      '^src/scim/',
      [],
      'The protocol is plain TypeScript: it can be tested and reused alone.',
    ),
    only(
      'resources-know-the-protocol-only',
      '^src/resources/',
      ['^src/scim/'],
      'What a resource is does not depend on how it is stored or served.',
    ),
    {
      name: 'resource-types-are-apart',
      comment: 'A resource type is added without touching another one.',
      severity: 'error',
      from: { path: '^src/resources/([^/]+)/' },
      to: { path: '^src/resources/[^/]+/', pathNot: '^src/resources/$1/' },
    },
    only('tenants-stand-alone', '^src/tenants/', [], 'Tenants and tokens are pure decisions.'),
    only(
      'event-store-stands-alone',
      '^src/event-store/',
      ['^src/config/'],
      'The log knows nothing of what it holds.',
    ),
    only('keys-stand-alone', '^src/keys/', ['^src/config/'], 'Keys are apart from log and read models.'),
    only(
      'commands-decide-and-append',
      '^src/commands/',
      ['^src/(resources|tenants|scim|event-store|keys)/'],
      'A decision never reads a projection, which may be behind.',
    ),
    only(
      'read-model-knows-no-content',
      '^src/read-model/',
      ['^src/(scim|config)/'],
      'Storage that users and audit entries share knows neither.',
    ),
    only(
      'projections-read-the-log',
      '^src/projections/',
      ['^src/(event-store|read-model|resources|tenants|scim|keys)/'],
      'A projection issues no command and knows no HTTP.',
    ),
    {
      name: 'projections-are-apart',
      comment: 'A unit is rebuilt by itself: it cannot lean on the rows of another.',
      severity: 'error',
      from: { path: '^src/projections/(directory|audit)/' },
      to: { path: '^src/projections/(directory|audit)/', pathNot: '^src/projections/$1/' },
    },
    only(
      'transfer-carries-logs-and-keys',
      '^src/transfer/',
      ['^src/(event-store|keys|ledger|config)/'],
      'What is carried stays as it is stored: nobody opens it on the way.',
    ),
    only(
      'http-is-the-edge',
      '^src/http/',
      ['^src/(commands|projections|resources|tenants|scim|event-store|config|keys)/'],
      'Controllers turn requests into commands and questions.',
    ),
    {
      name: 'http-writes-no-table',
      comment: 'State changes only by appending events.',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/read-model/' },
    },
    packageOnlyIn(
      'nest-at-the-edge',
      'node_modules/@nestjs/',
      ['^src/(http|commands)/', '^src/(app\\.module|server|first-start)\\.ts$'],
      'The domain would run without the framework.',
    ),
    packageOnlyIn(
      'sqlite-in-few-places',
      'node_modules/better-sqlite3/',
      [
        '^src/(event-store/sqlite|keys|read-model)/',
        '^src/commands/member-table\\.ts$',
        '^src/transfer/chain-tips\\.ts$',
      ],
      'Storage is behind an interface that another database can fulfil.',
    ),
    packageOnlyIn(
      'postgres-in-few-places',
      'node_modules/pg/',
      ['^src/(read-model|keys)/'],
      'Scripts reach it through the same interface as SQLite; keys are kept apart from read models.',
    ),
    packageOnlyIn(
      'eventstoredb-behind-the-port',
      'node_modules/@eventstore/',
      ['^src/event-store/esdb/'],
      'One adapter imports the client.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.spec\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
