export { type Names, NO_NAMES, namesFrom, type OwnedLink } from "./names.ts";
export { type OpenPlace, openPlace } from "./open-place.ts";
export { OWN_PLACE, type PlaceReference, parsePlace } from "./place-reference.ts";
