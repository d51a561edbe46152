import { Flag, HEADER_BYTES, RecordType, readName, skipName } from "../../../dns/codec/mod.ts";
import { ipFromBytes } from "../../../net/mod.ts";
import type { DnsMessage, DnsRecord } from "./decoded-packet.ts";
import type { Fields } from "./fields.ts";

/** More than anybody prints. */
const MOST_RECORDS = 32;
const NAMED: readonly number[] = [RecordType.NS, RecordType.CNAME, RecordType.PTR];

/** Questions and answers. @throws {DecodeError} */
export function decodeDns(fields: Fields): DnsMessage {
  fields.need(HEADER_BYTES);
  const flags = fields.u16(2);
  const message = { start: 0, end: fields.length };
  const questions: DnsMessage["questions"][number][] = [];
  let at = HEADER_BYTES;
  for (let left = Math.min(fields.u16(4), MOST_RECORDS); left > 0; left--) {
    const { name, next } = readName(fields.bytes, message, at);
    questions.push({ name, type: fields.u16(next) });
    at = next + 4;
  }
  const answers: DnsRecord[] = [];
  for (let left = Math.min(fields.u16(6), MOST_RECORDS); left > 0; left--) {
    const { name, next } = readName(fields.bytes, message, at);
    const type = fields.u16(next);
    const lengthBytes = fields.u16(next + 8);
    const data = readData(fields, { type, at: next + 10, lengthBytes });
    answers.push({ name, type, ttlSeconds: fields.u32(next + 4), ...(data !== undefined && { data }) });
    at = next + 10 + lengthBytes;
  }
  return {
    id: fields.u16(0),
    isResponse: (flags & Flag.response) !== 0,
    code: flags & Flag.rcodeMask,
    questions,
    answers,
  };
}

interface RecordData {
  readonly type: number;
  readonly at: number;
  readonly lengthBytes: number;
}

function readData(fields: Fields, { type, at, lengthBytes }: RecordData): string | undefined {
  fields.need(at + lengthBytes);
  const isAddress = (type === RecordType.A && lengthBytes === 4) || (type === RecordType.AAAA && lengthBytes === 16);
  if (isAddress) return ipFromBytes(fields.slice(at, lengthBytes));
  const message = { start: 0, end: at + lengthBytes };
  if (!NAMED.includes(type) || skipName(fields.bytes, message, at) > message.end) return undefined;
  return readName(fields.bytes, message, at).name;
}
