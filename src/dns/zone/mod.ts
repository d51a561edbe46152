export type { ZoneEndpoint } from "./network-zone.ts";
export { type PrivateName, Zone } from "./zone.ts";
export type { ZoneView } from "./zone-view.ts";
