const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // sources import "./x.js" (nodenext); on disk the file is x.ts
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // light-my-request requires the ESM-only "cookie"; Jest cannot, so this one package is compiled to CommonJS
  transformIgnorePatterns: ['/node_modules/(?!cookie/)'],
  transform: {
    '/node_modules/cookie/.+\\.js$': [
      '@swc/jest',
      { swcrc: false, jsc: { target: 'es2022' }, module: { type: 'commonjs' } },
    ],
    '^.+\\.ts$': ['@swc/jest', { swcrc: true, module: { type: 'es6' } }],
  },
};

const project = (displayName, testMatch) => ({ ...shared, displayName, testMatch });

const withPostgres = {
  globalSetup: '<rootDir>/test/support/postgres-start.js',
  globalTeardown: '<rootDir>/test/support/postgres-stop.js',
};

const gated = ['scim', 'resources', 'event-store', 'projections'];
// Files that hold nothing to run: types are no lines. And workers: they run in their own threads, from the build.
const notCounted = [
  'src/**/*.worker.ts',
  'src/event-store/event-store.ts',
  'src/event-store/envelope/{command-context,ledger-event}.ts',
  'src/projections/{projection,live-read-models}.ts',
  'src/projections/postgres/unit-projector-options.ts',
  'src/projections/audit/{audit-entry,told}.ts',
  'src/resources/{events,resource-type}.ts',
  'src/scim/filter/{ast,bound-filter}.ts',
].map((pattern) => `!${pattern}`);
const atLeast95 = { lines: 95, branches: 95 };

export default {
  testTimeout: 60_000,
  coverageProvider: 'v8',
  coverageReporters: ['text-summary'],
  collectCoverageFrom: [`src/{${gated.join(',')}}/**/*.ts`, '!**/*.spec.ts', ...notCounted],
  coverageThreshold: Object.fromEntries(gated.map((folder) => [`./src/${folder}/`, atLeast95])),
  maxWorkers: 2,
  projects: [
    project('unit', ['<rootDir>/src/**/*.spec.ts']),
    { ...project('contract', ['<rootDir>/test/contract/**/*.spec.ts']), ...withPostgres },
    { ...project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts']), ...withPostgres },
    project('conformance', ['<rootDir>/test/conformance/**/*.spec.ts']),
  ],
};
