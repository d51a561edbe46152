/** Our mark on a route, in place of an alias: RTPROT_* below 128 are free but for those of include/uapi/linux/rtnetlink.h. */
export const WEFT_PROTOCOL = 87;
