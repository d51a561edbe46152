/** Links that the engine made say so in their alias, and whose they are: nothing else does it ever delete. */
export const LINK_ALIAS_MARK = "weft ";

/**
 * The group of the engine's links, "weft" in ASCII. The kernel takes an alias only once a link is there, a group with its making: it
 * marks what a crash left between the two.
 */
export const LINK_GROUP = 0x77656674;
