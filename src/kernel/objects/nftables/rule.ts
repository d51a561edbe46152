import type { NftStatement } from "./statement.ts";

export interface NftRule {
  /** The chain's name. */
  readonly chain: string;
  readonly statements: readonly NftStatement[];
  readonly comment?: string;
}

/** `rule("to_sandbox", [match(ct("state"), anyOf("established", "related")), accept()], "answers")` */
export function rule(chain: string, statements: readonly NftStatement[], comment?: string): NftRule {
  return { chain, statements, ...(comment !== undefined && { comment }) };
}
