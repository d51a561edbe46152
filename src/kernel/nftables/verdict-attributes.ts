import { Verdict, type VerdictAttributes } from "../../netlink/nftables/mod.ts";
import type { NftVerdict } from "../objects/nftables/mod.ts";

export function verdictToAttributes(verdict: NftVerdict): VerdictAttributes {
  return { code: Verdict[verdict.kind], ...("chain" in verdict && { chain: verdict.chain }) };
}

/** None for what we have no word for, such as `queue`. */
export function verdictFromAttributes({ code, chain = "" }: VerdictAttributes): NftVerdict | undefined {
  switch (code) {
    case Verdict.accept:
      return { kind: "accept" };
    case Verdict.drop:
      return { kind: "drop" };
    case Verdict.continue:
      return { kind: "continue" };
    case Verdict.return:
      return { kind: "return" };
    case Verdict.jump:
      return { kind: "jump", chain };
    case Verdict.goto:
      return { kind: "goto", chain };
    default:
      return undefined;
  }
}
