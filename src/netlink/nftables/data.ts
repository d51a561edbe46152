import { attr, attributes, cString, type Infer, NLA_F_NESTED, rawBytes, s32be } from "../../wire/mod.ts";

/** `code` is one of `Verdict`; `chain` goes with jump and goto. */
export const verdictAttributes = attributes("NFTA_VERDICT", {
  code: attr(1, s32be),
  chain: attr(2, cString),
});
export type VerdictAttributes = Infer<typeof verdictAttributes>;

/** A value of up to 64 bytes, or a verdict. */
export const dataAttributes = attributes("NFTA_DATA", {
  value: attr(1, rawBytes),
  verdict: attr(2 | NLA_F_NESTED, verdictAttributes),
});
export type DataAttributes = Infer<typeof dataAttributes>;
