import {
  attr,
  attributes,
  type Codec,
  codec,
  cString,
  fixedBytes,
  type Infer,
  type InferInput,
  NLA_F_NESTED,
  rawBytes,
  s32,
  struct,
  u8,
  u16,
  u32,
  u64,
} from "../../wire/mod.ts";
import { headed } from "./values.ts";

/** Source: `struct tcmsg` in include/uapi/linux/rtnetlink.h. A handle is major number << 16 | minor number. */
const tcmsg = struct("tcmsg", { family: u8, pad1: u8, pad2: u16, index: s32, handle: u32, parent: u32, info: u32 });

/** Source: `TC_H_*` in include/uapi/linux/pkt_sched.h. Ingress and clsact share one. */
export const TC_H_ROOT = 0xffffffff;
export const TC_H_INGRESS = 0xfffffff1;

/** `TC_LINKLAYER_ETHERNET`. With 0 ("unaware") tbf_change() wants a table of 1024 bytes that it then looks up nothing in. */
export const LINK_LAYER_ETHERNET = 1;

const RATESPEC_BYTES = 12;
const TBF_QOPT_BYTES = 2 * RATESPEC_BYTES + 12;

/** `struct tc_ratespec`; `rate` in bytes a second. */
const tcRatespec = struct("tc_ratespec", {
  cellLog: u8,
  linkLayer: u8,
  overhead: u16,
  cellAlign: u16,
  mpu: u16,
  rate: u32,
});

/** `struct tc_tbf_qopt`; `limit` in bytes, `buffer` and `mtu` in ticks of 64 ns of sending at the rate. */
export interface TbfParameters {
  readonly rate: Infer<typeof tcRatespec>;
  readonly peakRate: Infer<typeof tcRatespec>;
  readonly limit: number;
  readonly buffer: number;
  readonly mtu: number;
}
export interface TbfParametersInput {
  readonly rate: InferInput<typeof tcRatespec>;
  readonly limit: number;
  readonly buffer: number;
}

const tbfQopt: Codec<TbfParameters, TbfParametersInput> = codec<TbfParameters, TbfParametersInput>({
  size: TBF_QOPT_BYTES,
  write(writer, value) {
    tcRatespec.write(writer, value.rate);
    tcRatespec.write(writer, { linkLayer: LINK_LAYER_ETHERNET }); // no peak rate
    writer.u32(value.limit);
    writer.u32(value.buffer);
    writer.u32(0);
  },
  read: (reader) => ({
    rate: tcRatespec.read(reader),
    peakRate: tcRatespec.read(reader),
    limit: reader.u32(),
    buffer: reader.u32(),
    mtu: reader.u32(),
  }),
});

/** Source: `TCA_TBF_*` in include/uapi/linux/pkt_sched.h. */
export const tbfAttributes = attributes("TCA_TBF", {
  parms: attr(1, tbfQopt),
  rtab: attr(2, fixedBytes(1024)),
  ptab: attr(3, fixedBytes(1024)),
  rate64: attr(4, u64), // bytes a second
  prate64: attr(5, u64),
  burst: attr(6, u32), // bytes
  pburst: attr(7, u32),
});
export type TbfAttributes = Infer<typeof tbfAttributes>;
export type TbfAttributesInput = InferInput<typeof tbfAttributes>;

/** Source: `TCA_*` in include/uapi/linux/rtnetlink.h. What `options` hold depends on `kind`. */
const schema = {
  kind: attr(1, cString),
  hwOffload: attr(12, u8),
  ingressBlock: attr(13, u32),
  egressBlock: attr(14, u32),
};
const otherQdisc = attributes("TCA", { ...schema, options: attr(2 | NLA_F_NESTED, rawBytes) });
const tbfQdisc = attributes("TCA", { ...schema, tbf: attr(2 | NLA_F_NESTED, tbfAttributes, "TCA_OPTIONS") });

export type QdiscAttributes = Infer<typeof otherQdisc> & { readonly tbf?: TbfAttributes };
export type QdiscAttributesInput = InferInput<typeof otherQdisc> & { readonly tbf?: TbfAttributesInput };

const qdiscAttributes: Codec<QdiscAttributes, QdiscAttributesInput> = codec<QdiscAttributes, QdiscAttributesInput>({
  write: (writer, value) => (value.kind === "tbf" ? tbfQdisc : otherQdisc).write(writer, value),
  read(reader) {
    const { path } = reader;
    const bytes = reader.rest();
    const other = otherQdisc.decode(bytes, path);
    return other.kind === "tbf" ? tbfQdisc.decode(bytes, path) : other;
  },
  locate(bytes, offset) {
    const { kind } = otherQdisc.decode(bytes);
    return (kind === "tbf" ? tbfQdisc : otherQdisc).locate(bytes, offset);
  },
});

/** `RTM_NEWQDISC`, `RTM_DELQDISC`, `RTM_GETQDISC`. */
export const qdiscMessage = headed(tcmsg, qdiscAttributes);
export type QdiscMessage = Infer<typeof qdiscMessage>;
export type QdiscMessageInput = InferInput<typeof qdiscMessage>;
