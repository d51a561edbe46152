import { attr, attributes, cString, type Infer, u32be } from "../../wire/mod.ts";

/** One number for a namespace's rulesets: it grows with every transaction. Source: `enum nft_gen_attributes`. */
export const generationAttributes = attributes("NFTA_GEN", {
  id: attr(1, u32be),
  processId: attr(2, u32be, "NFTA_GEN_PROC_PID"), // the port id of the socket that committed
  processName: attr(3, cString, "NFTA_GEN_PROC_NAME"),
});
export type GenerationAttributes = Infer<typeof generationAttributes>;
