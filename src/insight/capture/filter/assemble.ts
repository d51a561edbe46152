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
    case "any": {
      const [first, ...rest] = condition.terms;
      const isAll = condition.kind === "all";
      if (first === undefined) {
        drafts.push({ kind: "jump", to: isAll ? yes : no });
      } else if (rest.length === 0) emit(first, { yes, no, drafts });
      else {
        const next: Label = { at: -1 };
        emit(first, isAll ? { yes: next, no, drafts } : { yes, no: next, drafts });
        next.at = drafts.length;
        emit({ kind: condition.kind, terms: rest }, { yes, no, drafts });
      }
      return;
    }
    case "compare":
      emitLoad(condition.load, drafts);
      if (condition.mask !== undefined) drafts.push({ kind: "plain", code: Bpf.and, k: condition.mask });
      drafts.push({ kind: "branch", code: branchCodes[condition.relation], k: condition.value, yes, no });
      return;
    default:
      unreachable(condition);
  }
}

const branchCodes = { "=": Bpf.jumpEqual, ">": Bpf.jumpGreater, ">=": Bpf.jumpGreaterOrEqual, set: Bpf.jumpSet };
const fixedCodes = { 1: Bpf.loadByte, 2: Bpf.loadHalf, 4: Bpf.loadWord };
const indexedCodes = { 1: Bpf.loadByteIndexed, 2: Bpf.loadHalfIndexed, 4: Bpf.loadWordIndexed };

function emitLoad(load: Load, drafts: Draft[]): void {
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

/** A branch that is too far becomes one over two jumps, which makes others farther: so until nothing changes. */
function resolve(drafts: readonly Draft[]): readonly BpfInstruction[] {
  const isLong = drafts.map(() => false);
  for (;;) {
    const starts = [0];
    for (const [index] of drafts.entries()) starts.push((starts[index] ?? 0) + (isLong[index] === true ? 3 : 1));
    const total = starts[drafts.length] ?? 0;
    if (total > MOST_INSTRUCTIONS) {
      throw new RangeError(
        `Cannot use this filter: it takes ${total} instructions, and the kernel takes ${MOST_INSTRUCTIONS}`,
      );
    }
    const distance = (index: number, to: Label): number => (starts[to.at] ?? 0) - (starts[index] ?? 0) - 1;
    const far = drafts.findIndex(
      (draft, index) =>
        draft.kind === "branch" &&
        isLong[index] !== true &&
        Math.max(distance(index, draft.yes), distance(index, draft.no)) > FARTHEST,
    );
    if (far < 0) {
      return drafts.flatMap((draft, index) =>
        finish(draft, { isLong: isLong[index] === true, distance: (to) => distance(index, to) }),
      );
    }
    isLong[far] = true;
  }
}

function finish(
  draft: Draft,
  { isLong, distance }: { readonly isLong: boolean; readonly distance: (to: Label) => number },
): readonly BpfInstruction[] {
  switch (draft.kind) {
    case "plain":
      return [{ code: draft.code, jt: 0, jf: 0, k: draft.k }];
    case "jump":
      return [{ code: Bpf.jump, jt: 0, jf: 0, k: distance(draft.to) }];
    case "branch": {
      const { code, k, yes, no } = draft;
      if (!isLong) return [{ code, jt: distance(yes), jf: distance(no), k }];
      return [
        { code, jt: 0, jf: 1, k },
        { code: Bpf.jump, jt: 0, jf: 0, k: distance(yes) - 1 },
        { code: Bpf.jump, jt: 0, jf: 0, k: distance(no) - 2 },
      ];
    }
    default:
      return unreachable(draft);
  }
}
