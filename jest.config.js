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

export default {
  testTimeout: 60_000,
  maxWorkers: 2,
  projects: [
    project('unit', ['<rootDir>/src/**/*.spec.ts']),
    project('contract', ['<rootDir>/test/contract/**/*.spec.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts']),
    project('conformance', ['<rootDir>/test/conformance/**/*.spec.ts']),
  ],
};
