/** Apart from what is in them: who only asks for one loads no rules. */
export const ATTACHMENT_TABLE = { family: "inet", name: "weft_cni" } as const;
/** A frame's sender is known only in the bridge. */
export const SENDER_TABLE = { family: "bridge", name: "weft_cni" } as const;
