export { NetworkKernel, type NetworkKernelOptions } from "./apply/host-network.ts";
export type { ContainerRoute } from "./apply/pair.ts";
export {
  type AttachedAddress,
  attachToBridge,
  type BridgeAttachment,
  type BridgeAttachmentWish,
} from "./attach-bridge.ts";
export {
  attachToParent,
  type MacvlanAttachmentWish,
  type MacvlanMode,
} from "./attach-macvlan.ts";
export { attachByRoute, type RoutedAttachment, type RoutedAttachmentWish } from "./attach-routed.ts";
export { AttachmentError, type AttachmentErrorKind } from "./attachment-error.ts";
export { checkInside, checkPart, type WantedLink } from "./check-attachment.ts";
export { letIn } from "./close-bridge.ts";
export { deleteContainerLink, setContainerLink } from "./container-link.ts";
export { type AddressWish, type GivenAddress, giveAddresses, type TakeOver, takeOverFirst } from "./give-addresses.ts";
export {
  checkRangeSet,
  completeRange,
  formatRange,
  type PoolRange,
  type RangeSet,
  rangesOverlap,
} from "./ipam/mod.ts";
export { type LimitsWish, limitTraffic, type TrafficLimit } from "./limit-traffic.ts";
export { type Attachments, type KeptAttachments, keepAttachments, openAttachments } from "./open-attachments.ts";
export type { Owner, PartKind } from "./owner.ts";
export { makePart, recover, undoParts, type Workplace } from "./parts.ts";
export { type PublicationWish, type PublishedPort, publishPorts } from "./publish-ports.ts";
export type { OwnedPart } from "./store/attachment-store.ts";
export { type LinkSettings, restoreLink, type TuningWish, tuneLink } from "./tune-link.ts";
