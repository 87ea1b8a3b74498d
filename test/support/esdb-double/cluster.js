// What a node says of itself and its cluster: which methods it has, and who leads.
import { features, gossip, StreamsService, uuid } from './protocol.js';

const VERSION = '24.10.0';
const INSTANCES = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];

export function clusterHandlers(endpoint) {
  return {
    gossip: { read: (_call, answer) => answer(null, clusterInfo(endpoint)) },
    features: { getSupportedMethods: (_call, answer) => answer(null, supportedMethods()) },
  };
}

function clusterInfo({ address, faults: { leader } }) {
  const { LEADER, FOLLOWER } = gossip.MemberInfo.VNodeState;
  const info = new gossip.ClusterInfo();
  info.addMembers(member(INSTANCES[0], leader ? FOLLOWER : LEADER, address));
  if (leader) info.addMembers(member(INSTANCES[1], LEADER, leader));
  return info;
}

function member(instance, state, { host, port }) {
  return new gossip.MemberInfo()
    .setInstanceId(uuid(instance))
    .setTimeStamp(String(Date.now()))
    .setState(state)
    .setIsAlive(true)
    .setHttpEndPoint(new gossip.EndPoint().setAddress(host).setPort(port));
}

function supportedMethods() {
  const supported = new features.SupportedMethods().setEventStoreServerVersion(VERSION);
  for (const { path } of Object.values(StreamsService)) {
    const [, service, method] = path.split('/');
    supported.addMethods(new features.SupportedMethod().setServiceName(service).setMethodName(method));
  }
  return supported;
}
