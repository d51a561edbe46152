import type { PacketMatch } from "./packet-match.ts";

/** A part of a rule; whoever reads rules has its own name for it. */
export type RuleField = keyof PacketMatch | "to" | "action";

/** A rule that makes no sense: which part of it, and what was wanted. */
export class RuleFieldError extends SyntaxError {
  override readonly name = "RuleFieldError";
  /** Absent: the rule as a whole. */
  readonly field: RuleField | undefined;

  /** @param detail What follows the colon: "ports are of a protocol: want protocol tcp, udp or sctp". */
  constructor(field: RuleField | undefined, detail: string) {
    super(detail);
    this.field = field;
  }
}
