import { parse } from "yaml";
import { z } from "zod";

/** One line: who tries to reach what, and whether that must work. */
const attempt = z.strictObject({
  /** A service of the Compose file, or `host`. */
  from: z.string().min(1),
  /** `{SERVICE}` stands for the first address that the service had. */
  to: z.string().min(1),
  how: z.string().min(1),
  reached: z.boolean(),
});
export type Attempt = z.output<typeof attempt>;

const stage = z.strictObject({
  title: z.string().min(1),
  /** A command of weft, without the word `weft`, that begins the stage. */
  run: z.string().optional(),
  expect: z.array(attempt).min(1),
});
export type Stage = z.output<typeof stage>;

/** @throws {Error} When the text is not YAML, or has not this shape. */
export function parseExpectations(text: string): readonly Stage[] {
  return z.strictObject({ stages: z.array(stage).min(1) }).parse(parse(text)).stages;
}
