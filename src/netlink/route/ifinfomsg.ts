import { s32, struct, u8, u16, u32 } from "../../wire/mod.ts";

/** Header of link messages. `change` says which bits of `flags` to set. Source: include/uapi/linux/rtnetlink.h. */
export const ifinfomsg = struct("ifinfomsg", { family: u8, pad: u8, type: u16, index: s32, flags: u32, change: u32 });
