import { z } from "zod";

/** So many texts of one kind are remembered: a chain of a hundred routers has ten thousand routes to a hundred prefixes. */
const REMEMBERED = 4096;

/** Text that a parser reads: its sentence becomes the issue's. */
export function parsedText<T>(parse: (text: string) => T): z.ZodType<T, string> {
  const known = new Map<string, T>();
  return z
    .string()
    .max(256)
    .transform((text, context) => {
      const before = known.get(text);
      if (before !== undefined) return before;
      const value = attempt(() => parse(text), context);
      if (value !== z.NEVER && known.size < REMEMBERED) known.set(text, value);
      return value;
    });
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
