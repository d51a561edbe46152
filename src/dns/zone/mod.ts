export type { ZoneEndpoint } from "./network-zone.ts";
export { Zone, type ZoneLink } from "./zone.ts";
export type { ZoneView } from "./zone-view.ts";
