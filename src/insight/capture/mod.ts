export { type CapturePlace, parseCapturePlace } from "./capture-place.ts";
export { encodeFileHeader } from "./file-header.ts";
export { openCaptureFile } from "./file-sink.ts";
export { compileFilter, type Filter, FilterError, parseFilter } from "./filter/mod.ts";
export { type FoundLink, findLinks } from "./find-links.ts";
export { LinkType } from "./pcapng/mod.ts";
export type { CapturedPacket, EndReason, LinkCounts } from "./protocol.ts";
export { addressesOfName, namesOfAddresses } from "./sandbox-names.ts";
export { type CaptureEnd, type OpenCapture, type OpenLink, openCapture, type RunningCapture } from "./start-capture.ts";
