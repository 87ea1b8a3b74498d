// RFC 7644 §8.2: the URNs of the protocol's messages.
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0:';

export const LIST_RESPONSE_URN = `${MESSAGES}ListResponse`;
export const SEARCH_REQUEST_URN = `${MESSAGES}SearchRequest`;
export const PATCH_OP_URN = `${MESSAGES}PatchOp`;
export const BULK_REQUEST_URN = `${MESSAGES}BulkRequest`;
export const BULK_RESPONSE_URN = `${MESSAGES}BulkResponse`;
export const ERROR_URN = `${MESSAGES}Error`;
