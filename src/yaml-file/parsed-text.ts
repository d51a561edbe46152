import { z } from "zod";

/** Text that a parser reads: its sentence becomes the issue's. */
export function parsedText<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z
    .string()
    .max(256)
    .transform((text, context) => attempt(() => parse(text), context));
}

/** For a transformation: what throws is an issue. */
export function attempt<T>(parse: () => T, context: z.core.$RefinementCtx): T {
  try {
    return parse();
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
}
