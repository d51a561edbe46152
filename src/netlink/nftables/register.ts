import { type Codec, mapped, u32be } from "../../wire/mod.ts";

/** How many words of four bytes a rule may calculate with. */
export const REGISTER_WORDS = 16;
/** Not a data word: the register that holds the verdict. */
export const VERDICT_REGISTER = -1;

/**
 * A register as the place of its first word of four bytes, from 0 to 15; `VERDICT_REGISTER` is the verdict's.
 * On the wire words 0, 4, 8 and 12 are the registers 1 to 4 of 16 bytes, as nft and the kernel write them, and the others
 * the registers 8 to 23 of 4 bytes. Source: include/uapi/linux/netfilter/nf_tables.h, `enum nft_registers`.
 */
export const register: Codec<number> = mapped(
  u32be,
  (number, reader) => {
    if (number === 0) return VERDICT_REGISTER;
    if (number <= 4) return (number - 1) * 4;
    if (number >= 8 && number < 8 + REGISTER_WORDS) return number - 8;
    throw reader.error(`there is no register ${number}`);
  },
  (word) => {
    if (word === VERDICT_REGISTER) return 0;
    return word % 4 === 0 ? word / 4 + 1 : word + 8;
  },
);
