import type { BpfInstruction } from "../bpf.ts";

/**
 * What a program of classic BPF answers for a packet. Source: Documentation/networking/filter.rst; bpf_filter.c of libpcap. Knows
 * all that tcpdump's programs for Ethernet use, so that both can be compared.
 *
 * @throws {Error} on an instruction that it does not know.
 */
export function runProgram(program: readonly BpfInstruction[], packet: Uint8Array): number {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const memory = new Uint32Array(16);
  let a = 0;
  let x = 0;
  let at = 0;
  for (;;) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error(`Cannot run a program past its end, at ${at}`);
    const { code, jt, jf, k } = instruction;
    at++;
    switch (code & 0x07) {
      case 0x00: // ld
      case 0x01: {
        const value = load(view, { code, k, x, memory });
        if (value === undefined) return 0;
        if ((code & 0x07) === 0) a = value;
        else x = value;
        break;
      }
      case 0x02: // st
        memory[k] = a;
        break;
      case 0x03: // stx
        memory[k] = x;
        break;
      case 0x04:
        a = calculate(code, a, (code & 0x08) === 0 ? k : x);
        break;
      case 0x05:
        if ((code & 0xf0) === 0) at += k;
        else at += isTrue(code, a, (code & 0x08) === 0 ? k : x) ? jt : jf;
        break;
      case 0x06: // ret
        return (code & 0x18) === 0 ? k : a;
      default: // tax, txa
        if ((code & 0xf8) === 0x80) a = x;
        else x = a;
    }
  }
}

interface LoadOrder {
  readonly code: number;
  readonly k: number;
  readonly x: number;
  readonly memory: Uint32Array;
}

function load(view: DataView, { code, k, x, memory }: LoadOrder): number | undefined {
  const mode = code & 0xe0;
  if (mode === 0x00) return k;
  if (mode === 0x60) return memory[k];
  if (mode === 0x80) return view.byteLength;
  const offset = mode === 0x40 ? x + k : k;
  const size = (code & 0x18) === 0 ? 4 : (code & 0x18) === 0x08 ? 2 : 1;
  if (offset + size > view.byteLength) return undefined;
  if (mode === 0xa0) return 4 * (view.getUint8(offset) & 0x0f);
  return size === 4 ? view.getUint32(offset) : size === 2 ? view.getUint16(offset) : view.getUint8(offset);
}

function calculate(code: number, a: number, b: number): number {
  switch (code & 0xf0) {
    case 0x00:
      return (a + b) >>> 0;
    case 0x10:
      return (a - b) >>> 0;
    case 0x40:
      return (a | b) >>> 0;
    case 0x50:
      return (a & b) >>> 0;
    case 0x60:
      return (a << b) >>> 0;
    case 0x70:
      return a >>> b;
    default:
      throw new Error(`Cannot run operation 0x${code.toString(16)}`);
  }
}

function isTrue(code: number, a: number, b: number): boolean {
  switch (code & 0xf0) {
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    default:
      return (a & b) >>> 0 !== 0;
  }
}
