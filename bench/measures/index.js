// Every measure of a run, in the order in which they run.
import { groupCommit } from './group-commit.js';
import { durablePost } from './durable-post.js';
import { deepPage } from './deep-page.js';
import { largeGroups } from './large-groups.js';
import { lookups } from './lookups.js';
import { onServers } from './on-servers.js';
import { parseBody } from './parse-body.js';
import { initialCycle, patchThree } from './peer.js';
import { ready } from './ready.js';
import { rebuild } from './rebuild.js';

export const MEASURES = [
  initialCycle,
  patchThree,
  durablePost,
  groupCommit,
  parseBody,
  lookups,
  deepPage,
  ready,
  largeGroups,
  rebuild,
  onServers,
];
