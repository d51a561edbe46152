import { formatPosition, type Position } from "../mod.ts";

/** ` of compose.yaml:4:3 (networks.front)`, to be put into a sentence; nothing for what no file declares. */
export function placeOf(position: Position | undefined, path: string): string {
  return position === undefined ? "" : ` of ${formatPosition(position)} (${path})`;
}
