import { DecodeError } from "../../wire/mod.ts";
import { appendOpt, writeClientHeader } from "./answer.ts";
import { Flag, HEADER_BYTES, OFFERED_UDP_BYTES, OPT_BYTES, RecordType, ResponseCode } from "./constants.ts";
import { skipName } from "./name.ts";
import type { Query } from "./query.ts";

/** The longest that an answer is kept, whatever its TTL says. */
const MAX_TTL_SECONDS = 86_400;
/** The longest that an absence is kept. RFC 2308 section 5 advises 1 to 3 hours; a name that appears should be seen sooner. */
const MAX_NEGATIVE_TTL_SECONDS = 900;

/** A name server's reply to a query of ours, checked from end to end, without its OPT record. */
export interface Reply {
  /** Header, question, records. */
  readonly bytes: Uint8Array;
  /** With the extension bits of the OPT record. */
  readonly code: number;
  readonly truncated: boolean;
  readonly questionEnd: number;
  /** Offsets of the TTL fields of all records, in order; the data's length follows each. */
  readonly ttlOffsets: readonly number[];
  readonly answerCount: number;
  readonly authorityCount: number;
  /** How long it may be kept, 0 for not at all. */
  readonly ttlSeconds: number;
}

/** The message that asks an upstream what the client asked us. AD asks to be told whether the data were validated. */
export function encodeUpstreamQuery(id: number, query: Query): Uint8Array {
  const end = HEADER_BYTES + query.question.length;
  const message = new Uint8Array(end + OPT_BYTES);
  const view = new DataView(message.buffer);
  const flags = Flag.recursionDesired | Flag.authenticData | (query.checkingDisabled ? Flag.checkingDisabled : 0);
  view.setUint16(0, id);
  view.setUint16(2, flags);
  view.setUint16(4, 1);
  message.set(query.question, HEADER_BYTES);
  appendOpt(view, end, { udpBytes: OFFERED_UDP_BYTES, version: 0, dnssecOk: query.edns?.dnssecOk === true });
  return message;
}

/**
 * Reads what an upstream sent to the query `sent`.
 *
 * @throws {DecodeError} when it is malformed, or answers another question than ours: a forgery or a mistake, to be ignored.
 */
export function readReply(bytes: Uint8Array, sent: Uint8Array): Reply {
  const questionEnd = sent.length - OPT_BYTES;
  if (bytes.length < HEADER_BYTES)
    throw new DecodeError("reply", `want ${HEADER_BYTES} bytes, there are ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(2);
  if ((flags & Flag.response) === 0 || (flags & Flag.opcodeMask) !== 0)
    throw new DecodeError("reply", "it is no answer");
  if (bytes[0] !== sent[0] || bytes[1] !== sent[1]) throw new DecodeError("reply", "its id is not that of the query");
  const rcode = flags & Flag.rcodeMask;
  // Some servers leave the question out of an error.
  if (view.getUint16(4) === 0 && rcode !== ResponseCode.noError) return errorReply(sent, questionEnd, rcode);
  if (view.getUint16(4) !== 1 || !sameBytes(bytes, sent, questionEnd)) {
    throw new DecodeError("reply", "its question is not that of the query");
  }
  const records = readRecords(bytes, view, questionEnd);
  const kept = bytes.slice(0, records.end);
  new DataView(kept.buffer).setUint16(10, records.additionalCount);
  const code = (records.extendedCode << 4) | rcode;
  const truncated = (flags & Flag.truncated) !== 0;
  return {
    bytes: kept,
    code,
    truncated,
    questionEnd,
    ttlOffsets: records.ttlOffsets,
    answerCount: view.getUint16(6),
    authorityCount: view.getUint16(8),
    ttlSeconds: truncated ? 0 : keepSeconds(view, code, records),
  };
}

/**
 * The reply for one client: its id and question, TTLs counted down by `ageSeconds`, as many records as fit, with TC when some answers
 * do not.
 */
export function renderReply(
  reply: Reply,
  query: Query,
  { ageSeconds, limitBytes }: { readonly ageSeconds: number; readonly limitBytes: number },
): Uint8Array {
  const room = limitBytes - (query.edns === undefined ? 0 : OPT_BYTES);
  const fit = fitRecords(reply, room);
  const message = new Uint8Array(fit.end + (query.edns === undefined ? 0 : OPT_BYTES));
  message.set(reply.bytes.subarray(0, fit.end));
  const view = new DataView(message.buffer);
  const validated = query.authenticData || query.edns?.dnssecOk === true;
  const passed = Flag.authoritative | (validated ? Flag.authenticData : 0);
  const truncated = reply.truncated || fit.truncated ? Flag.truncated : 0;
  const flags = (view.getUint16(2) & passed) | (reply.code & Flag.rcodeMask);
  view.setUint16(2, flags | Flag.response | Flag.recursionAvailable | truncated);
  writeClientHeader(view, query);
  message.set(query.question, HEADER_BYTES);
  view.setUint16(6, fit.answers);
  view.setUint16(8, fit.authorities);
  view.setUint16(10, fit.additionals);
  for (const offset of reply.ttlOffsets) {
    if (offset >= fit.end) break;
    view.setUint32(offset, Math.max(0, readTtl(view, offset) - ageSeconds));
  }
  if (query.edns !== undefined) appendOpt(view, fit.end, query.edns, reply.code >> 4);
  return message;
}

interface Fit {
  readonly end: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  readonly truncated: boolean;
}

/** Cuts at a record's end. To lose additional records is no truncation. RFC 2181 section 9. */
function fitRecords({ bytes, ttlOffsets, questionEnd, answerCount, authorityCount }: Reply, room: number): Fit {
  const required = answerCount + authorityCount;
  let kept = ttlOffsets.length;
  let end = bytes.length;
  if (end > room) {
    kept = 0;
    end = questionEnd;
    for (const offset of ttlOffsets) {
      const next = offset + 6 + (((bytes[offset + 4] ?? 0) << 8) | (bytes[offset + 5] ?? 0));
      if (next > room) break;
      kept++;
      end = next;
    }
  }
  const answers = Math.min(kept, answerCount);
  const authorities = Math.min(kept, required) - answers;
  return { end, answers, authorities, additionals: kept - answers - authorities, truncated: kept < required };
}

interface Records {
  readonly end: number;
  readonly ttlOffsets: readonly number[];
  readonly additionalCount: number;
  readonly extendedCode: number;
  readonly minAnswerTtl: number;
  readonly answersType: boolean;
  /** From the SOA record of the authority section. RFC 2308 section 5. */
  readonly negativeTtl: number | undefined;
}

function readRecords(bytes: Uint8Array, view: DataView, from: number): Records {
  const message = { start: 0, end: bytes.length };
  const answers = view.getUint16(6);
  const required = answers + view.getUint16(8);
  const total = required + view.getUint16(10);
  const askedType = view.getUint16(from - 4);
  const ttlOffsets: number[] = [];
  let minAnswerTtl = MAX_TTL_SECONDS;
  let answersType = false;
  let negativeTtl: number | undefined;
  let extendedCode = 0;
  let at = from;
  let end = -1;
  for (let index = 0; index < total; index++) {
    const fixed = skipName(bytes, message, at);
    if (fixed + 10 > bytes.length) throw new DecodeError("record", "it runs over the end of the message");
    const type = view.getUint16(fixed);
    const next = fixed + 10 + view.getUint16(fixed + 8);
    if (next > bytes.length) throw new DecodeError("record", "its data run over the end of the message");
    if (type === RecordType.OPT) {
      if (index < required) throw new DecodeError("OPT", "it is not an additional record");
      extendedCode = bytes[fixed + 4] ?? 0;
      // Records behind it would have to move, and pointers with them. Additional records may be left out.
      if (end === -1) end = at;
    } else if (end === -1) ttlOffsets.push(fixed + 4);
    if (index < answers) {
      minAnswerTtl = Math.min(minAnswerTtl, readTtl(view, fixed + 4));
      answersType ||= type === askedType || askedType === RecordType.ANY;
    } else if (index < required && type === RecordType.SOA) {
      negativeTtl = readNegativeTtl(bytes, view, { start: fixed + 10, end: next });
    }
    at = next;
  }
  if (end === -1) end = at;
  return {
    end,
    ttlOffsets,
    additionalCount: ttlOffsets.length - required,
    extendedCode,
    minAnswerTtl,
    answersType,
    negativeTtl,
  };
}

function readNegativeTtl(
  bytes: Uint8Array,
  view: DataView,
  data: { readonly start: number; readonly end: number },
): number {
  const message = { start: 0, end: bytes.length };
  const numbers = skipName(bytes, message, skipName(bytes, message, data.start));
  if (numbers + 20 > data.end) throw new DecodeError("SOA", "its data are too short");
  return Math.min(readTtl(view, data.start - 6), readTtl(view, numbers + 16));
}

/** A TTL with the top bit set counts as 0. RFC 2181 section 8. */
function readTtl(view: DataView, offset: number): number {
  const ttl = view.getUint32(offset);
  return ttl > 0x7fff_ffff ? 0 : ttl;
}

function keepSeconds(view: DataView, code: number, records: Records): number {
  const found = code === ResponseCode.noError && records.answersType;
  if (found) return records.minAnswerTtl;
  if (code !== ResponseCode.noError && code !== ResponseCode.nameError) return 0;
  if (records.negativeTtl === undefined) return 0; // a referral, or a server that does not want it kept
  const aliases = view.getUint16(6) === 0 ? MAX_TTL_SECONDS : records.minAnswerTtl;
  return Math.min(records.negativeTtl, aliases, MAX_NEGATIVE_TTL_SECONDS);
}

function errorReply(sent: Uint8Array, questionEnd: number, code: number): Reply {
  const bytes = sent.slice(0, questionEnd);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, Flag.response | code);
  view.setUint16(10, 0);
  const counts = { answerCount: 0, authorityCount: 0, ttlSeconds: 0 };
  return { bytes, code, truncated: false, questionEnd, ttlOffsets: [], ...counts };
}

/** The question must be ours to the bit, case included: servers repeat it, and forgers would have to guess it. */
function sameBytes(bytes: Uint8Array, sent: Uint8Array, end: number): boolean {
  if (bytes.length < end) return false;
  for (let i = HEADER_BYTES; i < end; i++) if (bytes[i] !== sent[i]) return false;
  return true;
}
