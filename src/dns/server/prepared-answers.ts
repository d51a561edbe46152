import type { DatagramBatch } from "../../sys/mod.ts";
import { HEADER_BYTES, OPT_BYTES, PLAIN_UDP_BYTES, type PreparedAnswer } from "../codec/mod.ts";
import type { ZoneView } from "../zone/mod.ts";

/** The part of a batch of datagrams that is needed to answer one. */
export type AnswerBatch = Pick<DatagramBatch, "received" | "replies" | "offset" | "length" | "replyOffset" | "reply">;

interface Entry {
  readonly prepared: PreparedAnswer;
  readonly questionBytes: number;
  next: Entry | undefined;
}

const MAX_ENTRIES = 4096;
const MAX_LABEL_BYTES = 63;
const LOCAL_OPT = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]; // OPT that offers 1232 bytes

/**
 * The quick way for names of ours: a query's question, as bytes, finds its prepared answer; nothing is decoded, nothing allocated. All
 * that is unusual returns `false` and goes the long way.
 */
export class PreparedAnswers {
  readonly #view: ZoneView;
  /** By hash of the question in lower case. */
  readonly #entries = new Map<number, Entry>();
  #count = 0;
  #version: number;
  #rotation = 0;

  constructor(view: ZoneView) {
    this.#view = view;
    this.#version = view.version;
  }

  /** Keeps an answer made by the long way, of the view's present version. @param prepared Of a question in lower case. */
  add(prepared: PreparedAnswer): void {
    this.#refresh();
    if (prepared.bytes.length + OPT_BYTES > PLAIN_UDP_BYTES) return; // whether it fits depends on the client
    if (this.#count >= MAX_ENTRIES) this.#clear();
    const questionBytes = prepared.recordsStart - HEADER_BYTES;
    const hash = hashQuestion(prepared.bytes, HEADER_BYTES, prepared.recordsStart);
    this.#entries.set(hash, { prepared, questionBytes, next: this.#entries.get(hash) });
    this.#count++;
  }

  /** Answers the query in a slot when it is a plain one for a kept answer. */
  reply(batch: AnswerBatch, slot: number): boolean {
    const bytes = batch.received;
    const start = batch.offset(slot);
    const end = start + batch.length(slot);
    const questionStart = start + HEADER_BYTES;
    if (end < questionStart + 5 || !isPlainHeader(bytes, start)) return false;
    const nameEnd = findNameEnd(bytes, questionStart, end);
    if (nameEnd === -1) return false;
    const questionEnd = nameEnd + 4;
    const withOpt = bytes[start + 11] === 1;
    if (withOpt ? !isPlainOpt(bytes, questionEnd, end) : questionEnd !== end) return false;

    this.#refresh();
    let entry = this.#entries.get(hashQuestion(bytes, questionStart, questionEnd));
    while (entry !== undefined && !isSameQuestion(entry, bytes, questionStart, questionEnd)) entry = entry.next;
    if (entry === undefined) return false;

    const { prepared } = entry;
    const target = batch.replies;
    const at = batch.replyOffset();
    target.set(prepared.bytes, at);
    if (prepared.recordCount > 1 && prepared.recordBytes > 0) this.#rotate(prepared, target, at);
    target[at] = bytes[start] ?? 0;
    target[at + 1] = bytes[start + 1] ?? 0;
    target[at + 2] = (target[at + 2] ?? 0) | ((bytes[start + 2] ?? 0) & 0x01); // RD
    target[at + 3] = (target[at + 3] ?? 0) | ((bytes[start + 3] ?? 0) & 0x10); // CD
    for (let i = questionStart, to = at + HEADER_BYTES; i < nameEnd; i++, to++) target[to] = bytes[i] ?? 0; // in the client's case
    let length = prepared.bytes.length;
    if (withOpt) {
      target.set(LOCAL_OPT, at + length);
      target[at + length + 7] = (bytes[questionEnd + 7] ?? 0) & 0x80; // DO
      target[at + 11] = 1;
      length += OPT_BYTES;
    }
    batch.reply(slot, length);
    return true;
  }

  #rotate({ bytes, recordsStart, recordBytes, recordCount }: PreparedAnswer, target: Uint8Array, at: number): void {
    this.#rotation = (this.#rotation + 1) % recordCount;
    const total = recordBytes * recordCount;
    const shift = this.#rotation * recordBytes;
    for (let i = 0, from = shift; i < total; i++, from++) {
      if (from === total) from = 0;
      target[at + recordsStart + i] = bytes[recordsStart + from] ?? 0;
    }
  }

  #refresh(): void {
    const { version } = this.#view;
    if (version === this.#version) return;
    this.#clear();
    this.#version = version;
  }

  #clear(): void {
    this.#entries.clear();
    this.#count = 0;
  }
}

/** A standard query, not truncated, with one question, no records, and at most one additional record. */
function isPlainHeader(bytes: Uint8Array, at: number): boolean {
  if (((bytes[at + 2] ?? 0) & 0xfa) !== 0 || bytes[at + 5] !== 1 || (bytes[at + 11] ?? 0) > 1) return false;
  const zero = (bytes[at + 4] ?? 0) | (bytes[at + 6] ?? 0) | (bytes[at + 7] ?? 0) | (bytes[at + 8] ?? 0);
  return (zero | (bytes[at + 9] ?? 0) | (bytes[at + 10] ?? 0)) === 0;
}

/** Where type and class begin, both inside the message; -1 when the name is no plain sequence of labels. */
function findNameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (;;) {
    const length = bytes[at] ?? 0;
    if (length > MAX_LABEL_BYTES) return -1;
    at += length + 1;
    if (at + 4 > end) return -1;
    if (length === 0) return at;
  }
}

/** An OPT record of version 0 that ends the message, whatever its options. */
function isPlainOpt(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + OPT_BYTES > end || bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 41 || bytes[at + 6] !== 0)
    return false;
  return at + OPT_BYTES + (((bytes[at + 9] ?? 0) << 8) | (bytes[at + 10] ?? 0)) === end;
}

/** FNV-1a over the question: the name in lower case (length bytes are below the letters), type and class as they are. */
function hashQuestion(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  const nameEnd = end - 4;
  for (let i = start; i < nameEnd; i++) {
    const byte = bytes[i] ?? 0;
    hash = Math.imul(hash ^ (byte >= 65 && byte <= 90 ? byte | 32 : byte), 0x01000193);
  }
  for (let i = nameEnd; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash;
}

function isSameQuestion(entry: Entry, bytes: Uint8Array, start: number, end: number): boolean {
  if (entry.questionBytes !== end - start) return false;
  const own = entry.prepared.bytes;
  const nameEnd = end - 4;
  for (let i = start, to = HEADER_BYTES; i < end; i++, to++) {
    const byte = bytes[i] ?? 0;
    if (own[to] !== (i < nameEnd && byte >= 65 && byte <= 90 ? byte | 32 : byte)) return false;
  }
  return true;
}
