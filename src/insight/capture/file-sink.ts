import { closeSync, ftruncateSync, openSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { extname } from "node:path";
import { concatBytes } from "../../lib/mod.ts";
import type { IpAddress } from "../../net/mod.ts";
import { PacketDirection, type PacketRing } from "../../sys/mod.ts";
import { ClosedReader, type PacketSink } from "./packet-sink.ts";
import {
  encodeNames,
  encodeStatistics,
  PACKET_OVERHEAD_BYTES,
  type PacketFields,
  PacketFlags,
  writePacketBlock,
} from "./pcapng/mod.ts";
import type { FileOrder, LaterLink, LinkCounts } from "./protocol.ts";

/** Written at once when it is full, and whenever there is no packet left to read. */
const BUFFER_BYTES = 1024 * 1024;

const flagsOf: Readonly<Record<number, number>> = {
  [PacketDirection.host]: PacketFlags.inbound | PacketFlags.unicast,
  [PacketDirection.broadcast]: PacketFlags.inbound | PacketFlags.broadcast,
  [PacketDirection.multicast]: PacketFlags.inbound | PacketFlags.multicast,
  [PacketDirection.otherHost]: PacketFlags.inbound | PacketFlags.promiscuous,
  [PacketDirection.outgoing]: PacketFlags.outbound,
};

/** Opens a file for packets, which only its owner may read. @throws {Error} one sentence. */
export function openCaptureFile(path: string): number {
  try {
    return openSync(path, "w", 0o600);
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/**
 * Adds names to a file that is complete: those of sandboxes that came while packets were captured. Readers take them from anywhere.
 *
 * @param path Absent: standard output.
 * @throws {Error} one sentence.
 */
export function appendNames(path: string | undefined, names: ReadonlyMap<IpAddress, string>): void {
  try {
    writeFileSync(path ?? 1, encodeNames(names), { flag: "a" });
  } catch (error) {
    if (path === undefined && codeOf(error) === "EPIPE") return; // its reader has all packets
    throw writeFailure(path ?? "standard output", error);
  }
}

/** Writes pcapng. What is on the disk is at every moment a whole number of blocks, also after the disk was full. */
export class FileSink implements PacketSink {
  readonly #order: FileOrder;
  readonly #counts: () => readonly LinkCounts[];
  readonly #startTime = now();
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #target = { bytes: this.#buffer, view: new DataView(this.#buffer.buffer) };
  readonly #fields: PacketFields;
  #fd: number;
  /** How many files came before this one. */
  #number = 0;
  #buffered = 0;
  #written = 0;
  /** What a file begins with: the order's, and the links that came later. */
  #header: Uint8Array;
  /** Whether the file has a packet. */
  #isBegun = false;

  /** @param counts What was seen until now: each file ends with it. */
  constructor(order: FileOrder, counts: () => readonly LinkCounts[]) {
    this.#order = order;
    this.#counts = counts;
    this.#header = order.header;
    this.#fd = order.fd;
    this.#fields = {
      ...{ interface: 0, seconds: 0, nanoseconds: 0, flags: 0 },
      ...{ source: this.#buffer, offset: 0, capturedBytes: 0, lengthBytes: 0, vlanTag: -1 },
    };
    this.#write(order.header);
  }

  get path(): string | undefined {
    const { path } = this.#order;
    return path === undefined ? undefined : numberedPath(path, this.#number);
  }

  packet(ring: PacketRing, link: number): void {
    const needed = ring.capturedBytes + 4 + PACKET_OVERHEAD_BYTES;
    const { sizeBytes } = this.#order;
    const before = this.#written + this.#buffered;
    if (sizeBytes !== undefined && this.#isBegun && before + needed > sizeBytes) this.#nextFile();
    this.#isBegun = true;
    if (this.#buffered + needed > BUFFER_BYTES) this.flush();
    const fields = this.#fields;
    fields.interface = link;
    fields.seconds = ring.seconds;
    fields.nanoseconds = ring.nanoseconds;
    fields.flags = flagsOf[ring.direction] ?? PacketFlags.inbound;
    fields.source = ring.bytes;
    fields.offset = ring.dataOffset;
    fields.capturedBytes = ring.capturedBytes;
    fields.lengthBytes = ring.lengthBytes;
    fields.vlanTag = ring.vlanTag;
    this.#buffered = writePacketBlock(this.#target, this.#buffered, fields);
  }

  addLink({ block }: LaterLink): void {
    if (block === undefined) return;
    this.flush();
    this.#write(block);
    this.#header = concatBytes([this.#header, block]);
  }

  flush(): void {
    if (this.#buffered === 0) return;
    const whole = this.#buffer.subarray(0, this.#buffered);
    this.#buffered = 0;
    this.#write(whole);
  }

  end(counts: readonly LinkCounts[]): void {
    this.flush();
    const endTime = now();
    for (const [index, { accepted, dropped, delivered }] of counts.entries()) {
      const seen = { interface: index, startTime: this.#startTime, endTime, accepted, dropped, delivered };
      this.#write(encodeStatistics(seen));
    }
    if (this.#order.path !== undefined) closeSync(this.#fd);
  }

  #nextFile(): void {
    const { path, files } = this.#order;
    if (path === undefined) return;
    this.end(this.#counts());
    this.#number++;
    if (files !== undefined && this.#number >= files) removeFile(numberedPath(path, this.#number - files));
    this.#fd = openCaptureFile(numberedPath(path, this.#number));
    this.#written = 0;
    this.#isBegun = false;
    this.#write(this.#header);
  }

  #write(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const taken = this.#writeSome(rest);
      if (taken === 0) Bun.sleepSync(1); // somebody made the pipe non-blocking, and its reader is slow
      rest = rest.subarray(taken);
    }
    this.#written += bytes.length;
  }

  #writeSome(bytes: Uint8Array): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EAGAIN") return 0;
      if (code === "EPIPE") throw new ClosedReader();
      if (this.path === undefined) throw writeFailure("standard output", error);
      ftruncateSync(this.#fd, this.#written); // half a block would spoil the file
      throw writeFailure(this.path, error);
    }
  }
}

/** `web.pcapng`, then `web-1.pcapng`, and so on. */
export function numberedPath(path: string, number: number): string {
  if (number === 0) return path;
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${number}${extension}`;
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw new Error(`Cannot remove ${path}: ${codeOf(error)}`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "it is not ours to write",
  ENOENT: "there is no such directory",
  EISDIR: "it is a directory",
};

function writeFailure(what: string, error: unknown): Error {
  const code = codeOf(error);
  const reason = reasons[code];
  return new Error(`Cannot write ${what}: ${code}${reason === undefined ? "" : `: ${reason}`}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** Nanoseconds since 1970. */
function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
