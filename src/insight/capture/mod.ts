export { encodeFileHeader } from "./file-header.ts";
export { openCaptureFile } from "./file-sink.ts";
export { compileFilter, type Filter, FilterError, parseFilter } from "./filter/mod.ts";
export { type FoundLink, findLinks, type KnownSandboxes } from "./find-links.ts";
export { type Place, parsePlace } from "./parse-place.ts";
export { LinkType } from "./pcapng/mod.ts";
export type { CapturedPacket, EndReason, LinkCounts } from "./protocol.ts";
export { addressesOfName, namesOfAddresses } from "./sandbox-names.ts";
export { type CaptureEnd, type OpenCapture, type OpenLink, openCapture, type RunningCapture } from "./start-capture.ts";
