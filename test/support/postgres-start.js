export { startCluster as default } from './postgres-cluster.js';
