import { DecodeError } from "../../wire/mod.ts";
import {
  CLASS_ANY,
  CLASS_IN,
  Flag,
  HEADER_BYTES,
  MAX_UDP_BYTES,
  PLAIN_UDP_BYTES,
  RecordType,
  ResponseCode,
} from "./constants.ts";
import { foldName, readName, skipName } from "./name.ts";

/** What an OPT record of a query says. RFC 6891. */
export interface Edns {
  readonly udpBytes: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

/** A query with one question of class IN. */
export interface Query {
  readonly kind: "query";
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** The client wants to know whether the data were validated. RFC 6840 section 5.7. */
  readonly authenticData: boolean;
  /** As it was asked, in its own case: 12 bytes of header are not part of it. */
  readonly question: Uint8Array;
  /** Folded to lower case. */
  readonly name: string;
  readonly type: number;
  readonly edns?: Edns;
}

/** A message that gets an answer without a look at any data. */
export interface RejectedQuery {
  readonly kind: "rejected";
  readonly id: number;
  readonly flags: number;
  readonly code: ResponseCode;
  /** Empty when it could not be read. */
  readonly question: Uint8Array;
  readonly edns?: Edns;
}

/** `undefined`: no answer is due, as to a response or to less than a header. */
export type ReadQuery = Query | RejectedQuery | undefined;

/** Reads what a stranger sent. Never throws: what is malformed is a `RejectedQuery` with `formatError`. */
export function readQuery(bytes: Uint8Array): ReadQuery {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = view.getUint16(0);
  const flags = view.getUint16(2);
  if ((flags & Flag.response) !== 0) return undefined;
  const reject = (code: ResponseCode, question = NONE, edns?: Edns): RejectedQuery => ({
    kind: "rejected",
    id,
    flags,
    code,
    question,
    ...(edns !== undefined && { edns }),
  });
  if ((flags & Flag.opcodeMask) !== 0) return reject(ResponseCode.notImplemented);
  if (view.getUint16(4) !== 1) return reject(ResponseCode.formatError);
  try {
    const message = { start: 0, end: bytes.length };
    const { name, next } = readName(bytes, message, HEADER_BYTES);
    if (next + 4 > bytes.length) return reject(ResponseCode.formatError);
    const type = view.getUint16(next);
    const dnsClass = view.getUint16(next + 2);
    const question = bytes.slice(HEADER_BYTES, next + 4);
    // The first name of a message has nothing to point back to but the header.
    if (question.length !== nameBytes(name) + 4) return reject(ResponseCode.formatError);
    const edns = readEdns(bytes, view, next + 4);
    if (edns !== undefined && edns.version !== 0) return reject(ResponseCode.badVersion, question, edns);
    if (dnsClass !== CLASS_IN && dnsClass !== CLASS_ANY) return reject(ResponseCode.refused, question, edns);
    if (type === RecordType.AXFR || type === RecordType.IXFR) return reject(ResponseCode.refused, question, edns);
    if (type === RecordType.OPT || type === 0) return reject(ResponseCode.formatError, question, edns);
    return {
      kind: "query",
      id,
      recursionDesired: (flags & Flag.recursionDesired) !== 0,
      checkingDisabled: (flags & Flag.checkingDisabled) !== 0,
      authenticData: (flags & Flag.authenticData) !== 0,
      question,
      name: foldName(name),
      type,
      ...(edns !== undefined && { edns }),
    };
  } catch (error) {
    if (error instanceof DecodeError) return reject(ResponseCode.formatError);
    throw error;
  }
}

/** The longest UDP answer that the client takes and we send. */
export function udpLimit(edns: Edns | undefined): number {
  if (edns === undefined) return PLAIN_UDP_BYTES;
  return Math.min(Math.max(edns.udpBytes, PLAIN_UDP_BYTES), MAX_UDP_BYTES);
}

const NONE = new Uint8Array(0);

function nameBytes(name: string): number {
  let escapes = 0;
  for (let i = 0; i < name.length; i++) {
    if (name[i] === "\\") {
      escapes++;
      i++;
    }
  }
  return name === "" ? 1 : name.length - escapes + 2;
}

/** Walks all records behind the question, so that what is malformed anywhere is refused, and finds the OPT record. */
function readEdns(bytes: Uint8Array, view: DataView, from: number): Edns | undefined {
  const message = { start: 0, end: bytes.length };
  const records = view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  let at = from;
  let edns: Edns | undefined;
  for (let i = 0; i < records; i++) {
    const next = skipName(bytes, message, at);
    if (next + 10 > bytes.length) throw new DecodeError("record", "it runs over the end of the message");
    const end = next + 10 + view.getUint16(next + 8);
    if (end > bytes.length) throw new DecodeError("record", "its data run over the end of the message");
    if (view.getUint16(next) === RecordType.OPT) {
      if (edns !== undefined) throw new DecodeError("OPT", "there are two"); // RFC 6891 section 6.1.1
      edns = {
        udpBytes: view.getUint16(next + 2),
        version: bytes[next + 5] ?? 0,
        dnssecOk: (view.getUint16(next + 6) & 0x8000) !== 0,
      };
    }
    at = end;
  }
  return edns;
}
