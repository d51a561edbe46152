import { unreachable } from "../../../lib/mod.ts";
import { Bpf, type BpfInstruction, MOST_INSTRUCTIONS } from "./bpf.ts";
import type { Condition, Load } from "./condition.ts";

/** A place in the program that is not known yet: an index into its instructions, once it is. */
interface Label {
  at: number;
}

type Draft =
  | { readonly kind: "plain"; readonly code: number; readonly k: number }
  | { readonly kind: "branch"; readonly code: number; readonly k: number; readonly yes: Label; readonly no: Label }
  | { readonly kind: "jump"; readonly to: Label };

/** What one byte of a branch can skip. */
const FARTHEST = 255;

/**
 * The program that answers `snapBytes` for a packet that is as the condition says, and 0 for all others. A packet that ends before
 * a byte that is looked at is none, as everywhere in BPF.
 *
 * @throws {RangeError} when it has more instructions than the kernel takes.
 */
export function assemble(condition: Condition, snapBytes: number): readonly BpfInstruction[] {
  const drafts: Draft[] = [];
  const yes: Label = { at: -1 };
  const no: Label = { at: -1 };
  emit(condition, { yes, no, drafts });
  yes.at = drafts.length;
  drafts.push({ kind: "plain", code: Bpf.answer, k: snapBytes });
  no.at = drafts.length;
  drafts.push({ kind: "plain", code: Bpf.answer, k: 0 });
  return resolve(drafts);
}

interface Exits {
  readonly yes: Label;
  readonly no: Label;
  readonly drafts: Draft[];
}

/** Appends code that goes to one of the two labels, both of which come later. */
function emit(condition: Condition, { yes, no, drafts }: Exits): void {
  switch (condition.kind) {
    case "always":
      drafts.push({ kind: "jump", to: condition.value ? yes : no });
      return;
    case "not":
      emit(condition.term, { yes: no, no: yes, drafts });
      return;
    case "all":
    case "any":
      emitTerms(condition, { yes, no, drafts });
      return;
    case "compare":
      emitLoad(condition, drafts);
      emitBranch(condition, { yes, no, drafts });
      return;
    default:
      unreachable(condition);
  }
}

type Terms = Extract<Condition, { kind: "all" | "any" }>;
type Compare = Extract<Condition, { kind: "compare" }>;

function emitTerms({ kind, terms }: Terms, { yes, no, drafts }: Exits): void {
  if (terms.length === 0) drafts.push({ kind: "jump", to: kind === "all" ? yes : no });
  for (const [index, term] of terms.entries()) {
    const next: Label = { at: -1 };
    const isLast = index === terms.length - 1;
    const exits = isLast ? { yes, no } : kind === "all" ? { yes: next, no } : { yes, no: next };
    const before = terms[index - 1];
    // The one before leads here and nobody else does: what it loaded is still there.
    if (term.kind === "compare" && before?.kind === "compare" && isSameNumber(term, before)) {
      emitBranch(term, { ...exits, drafts });
    } else emit(term, { ...exits, drafts });
    next.at = drafts.length;
  }
}

function isSameNumber(one: Compare, other: Compare): boolean {
  const { load: a } = one;
  const { load: b } = other;
  if (one.mask !== other.mask || a.kind !== b.kind) return false;
  if (a.kind === "length" || b.kind === "length") return true;
  return a.offset === b.offset && a.size === b.size;
}

function emitBranch({ relation, value: k }: Compare, { yes, no, drafts }: Exits): void {
  drafts.push({ kind: "branch", code: branchCodes[relation], k, yes, no });
}

const branchCodes = { "=": Bpf.jumpEqual, ">": Bpf.jumpGreater, ">=": Bpf.jumpGreaterOrEqual, set: Bpf.jumpSet };
const fixedCodes = { 1: Bpf.loadByte, 2: Bpf.loadHalf, 4: Bpf.loadWord };
const indexedCodes = { 1: Bpf.loadByteIndexed, 2: Bpf.loadHalfIndexed, 4: Bpf.loadWordIndexed };

function emitLoad({ load, mask }: Compare, drafts: Draft[]): void {
  emitNumber(load, drafts);
  if (mask !== undefined) drafts.push({ kind: "plain", code: Bpf.and, k: mask });
}

function emitNumber(load: Load, drafts: Draft[]): void {
  switch (load.kind) {
    case "length":
      drafts.push({ kind: "plain", code: Bpf.loadLength, k: 0 });
      return;
    case "fixed":
      drafts.push({ kind: "plain", code: fixedCodes[load.size], k: load.offset });
      return;
    case "behind IPv4":
      drafts.push({ kind: "plain", code: Bpf.loadHeaderLength, k: load.header });
      drafts.push({ kind: "plain", code: indexedCodes[load.size], k: load.header + load.offset });
      return;
    default:
      unreachable(load);
  }
}

/** Which exits of a branch are too far for its one byte, and need a jump of their own behind it. */
interface FarExits {
  readonly yes: boolean;
  readonly no: boolean;
}

/** A branch that is too far jumps over jumps, which makes others farther: so until nothing changes. */
function resolve(drafts: readonly Draft[]): readonly BpfInstruction[] {
  let far: readonly FarExits[] = drafts.map(() => ({ yes: false, no: false }));
  for (;;) {
    const starts = [0];
    for (const { yes, no } of far) starts.push((starts.at(-1) ?? 0) + 1 + Number(yes) + Number(no));
    const total = starts[drafts.length] ?? 0;
    if (total > MOST_INSTRUCTIONS) {
      throw new RangeError(
        `Cannot use this filter: it takes ${total} instructions, and the kernel takes ${MOST_INSTRUCTIONS}`,
      );
    }
    const distance = (index: number, to: Label): number => (starts[to.at] ?? 0) - (starts[index] ?? 0) - 1;
    const next = drafts.map((draft, index) =>
      draft.kind === "branch"
        ? { yes: distance(index, draft.yes) > FARTHEST, no: distance(index, draft.no) > FARTHEST }
        : { yes: false, no: false },
    );
    if (next.every(({ yes, no }, index) => yes === far[index]?.yes && no === far[index]?.no)) {
      return drafts.flatMap((draft, index) =>
        finish(draft, { far: next[index] ?? { yes: false, no: false }, distance: (to) => distance(index, to) }),
      );
    }
    far = next; // distances only grow, so what is far stays so
  }
}

function finish(
  draft: Draft,
  { far, distance }: { readonly far: FarExits; readonly distance: (to: Label) => number },
): readonly BpfInstruction[] {
  switch (draft.kind) {
    case "plain":
      return [{ code: draft.code, jt: 0, jf: 0, k: draft.k }];
    case "jump":
      return [jump(distance(draft.to))];
    case "branch": {
      const { code, k, yes, no } = draft;
      const jt = far.yes ? 0 : distance(yes);
      const jf = far.no ? Number(far.yes) : distance(no);
      const jumps = [
        ...(far.yes ? [jump(distance(yes) - 1)] : []),
        ...(far.no ? [jump(distance(no) - 1 - Number(far.yes))] : []),
      ];
      return [{ code, jt, jf, k }, ...jumps];
    }
    default:
      return unreachable(draft);
  }
}

function jump(distance: number): BpfInstruction {
  return { code: Bpf.jump, jt: 0, jf: 0, k: distance };
}
