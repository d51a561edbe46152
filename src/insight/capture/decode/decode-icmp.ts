import { ipFromBytes, type MacAddress, macFromBytes } from "../../../net/mod.ts";
import type { DecodedPacket, Icmp6Message, IcmpMessage } from "./decoded-packet.ts";
import type { Fields } from "./fields.ts";

type DecodeAbout = (bytes: Uint8Array) => DecodedPacket;

/** Echo request and reply; unreachable, time exceeded, redirect, parameter problem. RFC 792. */
const ECHOES: readonly number[] = [0, 8];
const ERRORS: readonly number[] = [3, 5, 11, 12];

export function decodeIcmp(fields: Fields, decodeAbout: DecodeAbout): IcmpMessage {
  return readCommon(fields, { echoes: ECHOES, isError: (type) => ERRORS.includes(type), decodeAbout });
}

/** RFC 4443; below 128 are errors. */
const ECHOES6: readonly number[] = [128, 129];
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
const REDIRECT = 137;
const ABOUT_NEIGHBOURS: readonly number[] = [NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT, REDIRECT];

export function decodeIcmp6(fields: Fields, decodeAbout: DecodeAbout): Icmp6Message {
  const common = readCommon(fields, { echoes: ECHOES6, isError: (type) => type < 128, decodeAbout });
  if (!ABOUT_NEIGHBOURS.includes(common.type)) return common;
  const target = ipFromBytes(fields.slice(8, 16));
  const mac = common.type === REDIRECT ? undefined : readLinkLayerOption(fields);
  return { ...common, target, ...(mac !== undefined && { mac }) };
}

/** Source (1) or target (2) link-layer address, whose length is in units of 8 bytes. RFC 4861 section 4.6. */
function readLinkLayerOption(fields: Fields): MacAddress | undefined {
  let at = 24;
  while (at + 8 <= fields.length) {
    const units = fields.u8(at + 1);
    if (units === 0) return undefined;
    if (units === 1 && (fields.u8(at) === 1 || fields.u8(at) === 2)) return macFromBytes(fields.slice(at + 2, 6));
    at += units * 8;
  }
  return undefined;
}

interface Kinds {
  readonly echoes: readonly number[];
  readonly isError: (type: number) => boolean;
  readonly decodeAbout: DecodeAbout;
}

function readCommon(fields: Fields, { echoes, isError, decodeAbout }: Kinds): IcmpMessage {
  const type = fields.u8(0);
  const code = fields.u8(1);
  if (echoes.includes(type)) return { type, code, id: fields.u16(4), sequence: fields.u16(6) };
  if (isError(type) && fields.length > 8) return { type, code, about: decodeAbout(fields.bytes.subarray(8)) };
  return { type, code };
}
