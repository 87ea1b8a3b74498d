import { leftOut } from '../report.js';
export const rebuild = { name: 'rebuild', title: 'rebuild', run: async () => [leftOut('rebuild', 'not there')] };
