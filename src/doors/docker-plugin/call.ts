import type { z } from "zod";

/** One call of a protocol: how its body is read, and what answers it. */
export interface Call {
  /** @throws {SyntaxError | Refusal} one sentence. */
  readonly answer: (body: unknown) => Promise<object>;
}

/** The calls of a protocol by their method, such as `NetworkDriver.Join`. */
export type Calls = Readonly<Record<string, Call>>;

export function call<S extends z.ZodType>(schema: S, answer: (request: z.output<S>) => Promise<object>): Call {
  return {
    answer: async (body) => {
      const result = schema.safeParse(body);
      if (result.success) return await answer(result.data);
      const [issue] = result.error.issues;
      const field = issue === undefined || issue.path.length === 0 ? "the body" : issue.path.join(".");
      throw new SyntaxError(`Cannot read ${field} of Docker's request: ${issue?.message ?? "want another value"}`);
    },
  };
}
