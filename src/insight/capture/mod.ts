export { type CapturePlace, parseCapturePlace } from "./capture-place.ts";
export { type DecodedPacket, decodePacket, formatPacket, type NameOf } from "./decode/mod.ts";
export { encodeFileHeader, encodeLink } from "./file-header.ts";
export { appendNames, openCaptureFile } from "./file-sink.ts";
export { compileFilter, type Filter, FilterError, parseFilter } from "./filter/mod.ts";
export { type FollowedPlace, type FoundLink, type FoundLinks, findLinks } from "./find-links.ts";
export { LinkType } from "./pcapng/mod.ts";
export type { CapturedPacket, EndReason, LinkCounts } from "./protocol.ts";
export { addressesOfName, namesOfAddresses } from "./sandbox-names.ts";
export {
  type CaptureEnd,
  type CaptureTarget,
  type OpenCapture,
  type OpenLink,
  openCapture,
  type RunningCapture,
} from "./start-capture.ts";
