import { CLASS_IN, Flag, HEADER_BYTES, OFFERED_UDP_BYTES, OPT_BYTES, RecordType, ResponseCode } from "./constants.ts";
import type { Edns, Query, RejectedQuery } from "./query.ts";

/** A record about the name of the question. */
export interface AnswerRecord {
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * An answer from our own data, ready to be sent but for what differs between clients: id, flags, OPT, and which record comes first.
 * It begins with a header of id 0, then the question, then the records.
 */
export interface PreparedAnswer {
  readonly bytes: Uint8Array;
  /** Offset of the first record. */
  readonly recordsStart: number;
  readonly recordCount: number;
  /** Length of each record when all have the same and may be rotated, else 0. */
  readonly recordBytes: number;
}

const RECORD_FIXED_BYTES = 12; // pointer to the question's name, type, class, TTL, length of the data
const MAX_MESSAGE_BYTES = 65_535;

/** @param question Name, type and class as they stand in the query. */
export function prepareAnswer(
  question: Uint8Array,
  records: readonly AnswerRecord[],
  { ttlSeconds, code = ResponseCode.noError }: { readonly ttlSeconds: number; readonly code?: ResponseCode },
): PreparedAnswer {
  const recordsStart = HEADER_BYTES + question.length;
  const kept: AnswerRecord[] = [];
  let length = recordsStart + OPT_BYTES;
  for (const record of records) {
    length += RECORD_FIXED_BYTES + record.data.length;
    if (length > MAX_MESSAGE_BYTES) break; // more addresses than a DNS message can say
    kept.push(record);
  }
  const sizes = new Set(kept.map((record) => RECORD_FIXED_BYTES + record.data.length));
  const bytes = new Uint8Array(kept.reduce((sum, { data }) => sum + RECORD_FIXED_BYTES + data.length, recordsStart));
  const view = new DataView(bytes.buffer);
  view.setUint16(2, Flag.response | Flag.authoritative | Flag.recursionAvailable | code);
  view.setUint16(4, 1);
  view.setUint16(6, kept.length);
  bytes.set(question, HEADER_BYTES);
  let at = recordsStart;
  for (const { type, data } of kept) {
    view.setUint16(at, 0xc000 | HEADER_BYTES);
    view.setUint16(at + 2, type);
    view.setUint16(at + 4, CLASS_IN);
    view.setUint32(at + 6, ttlSeconds);
    view.setUint16(at + 10, data.length);
    bytes.set(data, at + RECORD_FIXED_BYTES);
    at += RECORD_FIXED_BYTES + data.length;
  }
  const [recordBytes = 0] = sizes.size === 1 ? sizes : [];
  return { bytes, recordsStart, recordCount: kept.length, recordBytes };
}

/**
 * The message for one client: records rotated, and only as many as fit, with TC when some do not.
 *
 * @param limitBytes 512 or what the client's OPT says over UDP, 65,535 over TCP.
 */
export function renderAnswer(
  prepared: PreparedAnswer,
  query: Query,
  { rotation, limitBytes }: { readonly rotation: number; readonly limitBytes: number },
): Uint8Array {
  const { bytes, recordsStart, recordCount, recordBytes } = prepared;
  const room = limitBytes - (query.edns === undefined ? 0 : OPT_BYTES);
  const whole = bytes.length <= room;
  const fitting = whole ? recordCount : recordBytes === 0 ? 0 : Math.floor((room - recordsStart) / recordBytes);
  const end = whole ? bytes.length : recordsStart + fitting * recordBytes;
  const message = new Uint8Array(end + (query.edns === undefined ? 0 : OPT_BYTES));
  message.set(bytes.subarray(0, end));
  for (let i = 0; recordBytes > 0 && i < fitting; i++) {
    const from = recordsStart + ((i + rotation) % recordCount) * recordBytes;
    message.set(bytes.subarray(from, from + recordBytes), recordsStart + i * recordBytes);
  }
  const view = new DataView(message.buffer);
  writeClientHeader(view, query);
  message.set(query.question, HEADER_BYTES); // in the client's own case
  if (!whole) view.setUint16(2, view.getUint16(2) | Flag.truncated);
  view.setUint16(6, fitting);
  if (query.edns !== undefined) appendOpt(view, end, query.edns);
  return message;
}

/** An answer without records. */
export function codeAnswer(query: Query, code: ResponseCode): Uint8Array {
  return emptyAnswer({ ...query, flags: queryFlags(query) }, code);
}

export function rejectionAnswer(query: RejectedQuery): Uint8Array {
  return emptyAnswer(query, query.code);
}

function emptyAnswer(
  query: { readonly id: number; readonly flags: number; readonly question: Uint8Array; readonly edns?: Edns },
  code: ResponseCode,
): Uint8Array {
  const end = HEADER_BYTES + query.question.length;
  const message = new Uint8Array(end + (query.edns === undefined ? 0 : OPT_BYTES));
  const view = new DataView(message.buffer);
  const echoed = Flag.opcodeMask | Flag.recursionDesired | Flag.checkingDisabled;
  view.setUint16(0, query.id);
  view.setUint16(2, Flag.response | Flag.recursionAvailable | (query.flags & echoed) | (code & Flag.rcodeMask));
  view.setUint16(4, query.question.length === 0 ? 0 : 1);
  message.set(query.question, HEADER_BYTES);
  if (query.edns !== undefined) appendOpt(view, end, query.edns, code >> 4);
  return message;
}

function queryFlags(query: Query): number {
  return (query.recursionDesired ? Flag.recursionDesired : 0) | (query.checkingDisabled ? Flag.checkingDisabled : 0);
}

/** Puts the client's id and the flags that an answer repeats into a message's header. */
export function writeClientHeader(view: DataView, query: Query): void {
  view.setUint16(0, query.id);
  view.setUint16(2, view.getUint16(2) | queryFlags(query));
}

/** Writes an OPT record at the message's end and counts it. RFC 6891 section 6.1.2. */
export function appendOpt(view: DataView, offset: number, edns: Edns, extendedCode = 0): void {
  view.setUint8(offset, 0);
  view.setUint16(offset + 1, RecordType.OPT);
  view.setUint16(offset + 3, OFFERED_UDP_BYTES);
  view.setUint8(offset + 5, extendedCode);
  view.setUint8(offset + 6, 0);
  view.setUint16(offset + 7, edns.dnssecOk ? 0x8000 : 0);
  view.setUint16(offset + 9, 0);
  view.setUint16(10, view.getUint16(10) + 1);
}
