import type { PictureGraph } from "./graph.ts";

/** One hue on white and on black: each at least 3:1 against its ground (WCAG 2.2, 1.4.11), and told apart without red and green. */
export interface Colour {
  readonly light: string;
  readonly dark: string;
  /** The nearest of the 256 colours of a terminal that is legible on both grounds. */
  readonly terminal: number;
}

export const PALETTE: readonly Colour[] = [
  { light: "#1f6feb", dark: "#58a6ff", terminal: 33 },
  { light: "#bc4c00", dark: "#f0883e", terminal: 166 },
  { light: "#0f766e", dark: "#2dd4bf", terminal: 37 },
  { light: "#a626a4", dark: "#d78bea", terminal: 133 },
  { light: "#57760b", dark: "#a3cc4b", terminal: 106 },
  { light: "#bf3989", dark: "#f778ba", terminal: 168 },
  { light: "#0b7fa3", dark: "#4cc9f0", terminal: 38 },
  { light: "#8a6100", dark: "#e3b341", terminal: 136 },
  { light: "#5b4bd6", dark: "#a79bff", terminal: 99 },
  { light: "#2f7d32", dark: "#6fd072", terminal: 71 },
];

/** A colour for each segment that joins something; a network has one colour, however many segments it has. */
export function segmentColours({ links, edges }: PictureGraph): ReadonlyMap<number, Colour> {
  const segments = new Map(links.map(({ id, segment }) => [id, segment]));
  const joined = new Set(
    edges
      .filter(({ kind }) => kind !== "default-route")
      .flatMap(({ from, to }) => [from, to].map((id) => segments.get(id))),
  );
  const keys = new Map<string, number>();
  const colours = new Map<number, Colour>();
  for (const { segment, network, kind } of links.toSorted(networksFirst)) {
    if (colours.has(segment) || !(joined.has(segment) || kind === "bridge")) continue;
    const key = network ?? `segment ${segment}`;
    const number = keys.get(key) ?? keys.size;
    keys.set(key, number);
    const colour = PALETTE[number % PALETTE.length];
    if (colour !== undefined) colours.set(segment, colour);
  }
  return colours;
}

/** Neighbours in the palette differ most: they go to what people look for. */
function networksFirst(a: { readonly network?: string }, b: { readonly network?: string }): number {
  return Number(b.network !== undefined) - Number(a.network !== undefined);
}
