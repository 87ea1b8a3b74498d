export { stopCluster as default } from './postgres-cluster.js';
