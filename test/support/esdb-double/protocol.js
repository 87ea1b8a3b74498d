// The generated messages and services of the client package, and gRPC as that package finds it: one copy for both.
import { createRequire } from 'node:module';

const clientRequire = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'));

export const grpc = clientRequire('@grpc/grpc-js');
export const streams = clientRequire('../generated/streams_pb.js');
export const shared = clientRequire('../generated/shared_pb.js');
export const gossip = clientRequire('../generated/gossip_pb.js');
export const features = clientRequire('../generated/serverfeatures_pb.js');
export const { Status } = clientRequire('../generated/status_pb.js');
export const { StreamsService } = clientRequire('../generated/streams_grpc_pb.js');
export const { GossipService } = clientRequire('../generated/gossip_grpc_pb.js');
export const { ServerFeaturesService } = clientRequire('../generated/serverfeatures_grpc_pb.js');
export const { Any } = clientRequire('google-protobuf/google/protobuf/any_pb.js');
export const { Empty: GoogleEmpty } = clientRequire('google-protobuf/google/protobuf/empty_pb.js');

/** What the server writes for "no such position": the largest unsigned 64 bit number. */
export const NO_POSITION = '18446744073709551615';

export function streamNameOf(identifier) {
  return Buffer.from(identifier.getStreamName_asU8()).toString('utf8');
}

export function streamIdentifier(name) {
  return new shared.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(name, 'utf8')));
}

export function uuidOf(message) {
  if (!message.hasStructured()) return message.getString().toLowerCase();
  const structured = message.getStructured();
  const bits = [structured.getMostSignificantBits(), structured.getLeastSignificantBits()];
  const hex = bits.map((half) => BigInt.asUintN(64, BigInt(half)).toString(16).padStart(16, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function uuid(text) {
  return new shared.UUID().setString(text);
}
