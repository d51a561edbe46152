export {
  type AnswerRecord,
  appendOpt,
  codeAnswer,
  type PreparedAnswer,
  prepareAnswer,
  rejectionAnswer,
  renderAnswer,
} from "./answer.ts";
export {
  Flag,
  HEADER_BYTES,
  MAX_UDP_BYTES,
  OPT_BYTES,
  PLAIN_UDP_BYTES,
  RecordType,
  ResponseCode,
} from "./constants.ts";
export { encodeName, foldName, readName, skipName, splitLabels } from "./name.ts";
export { type Edns, type Query, type ReadQuery, type RejectedQuery, readQuery, udpLimit } from "./query.ts";
export { encodeUpstreamQuery, type Reply, readReply, renderReply } from "./upstream.ts";
