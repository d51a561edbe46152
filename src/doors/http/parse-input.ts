import type { z } from "zod";
import { type OperationInput, type OperationName, operations, Refusal } from "../../contract/mod.ts";
import { issueSentence } from "./issue-sentence.ts";
import { operationWords } from "./operation-words.ts";

/** @throws {Refusal} `invalid`, one sentence that names field, value and what was expected. */
export function parseInput<K extends OperationName>(name: K, input: unknown): OperationInput<K> {
  const schema: z.ZodType = operations[name].input;
  const result = schema.safeParse(input);
  if (!result.success) throw new Refusal("invalid", issueSentence(operationWords[name], input, result.error.issues));
  return result.data as OperationInput<K>; // the schema is this operation's own
}
