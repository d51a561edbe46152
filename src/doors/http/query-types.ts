import type { z } from "zod";
import { type OperationName, operations } from "../../contract/mod.ts";

export type QueryType = "boolean" | "number" | "text";

const types = new Map(
  Object.entries(operations).map(([name, { input }]) => [
    name,
    new Map(Object.entries(input.shape).map(([field, schema]) => [field, queryType(schema)])),
  ]),
);

/** How a field's text in the query of an operation is read; nothing for a field that it has not. */
export function queryTypeOf(name: OperationName, field: string): QueryType | undefined {
  return types.get(name)?.get(field);
}

function queryType(schema: z.core.$ZodType): QueryType {
  const { def } = schema._zod;
  if ("innerType" in def) return queryType(def.innerType as z.core.$ZodType); // optional, default
  return def.type === "boolean" || def.type === "number" ? def.type : "text";
}
