import { Refusal, type RefusalKind } from "../contract/plain.ts";
import { MissingLinkKindError } from "../kernel/route/mod.ts";
import { KernelError } from "../netlink/connection/mod.ts";
import { type Errno, SystemCallError } from "../sys/mod.ts";

/** What an error number means of one action, where we have better words than the kernel. */
export type Meanings = Readonly<
  Partial<Record<Errno, readonly [kind: RefusalKind, why: string] | { readonly hint: string }>>
>;

/**
 * Acts, and words what the kernel refuses: "Cannot add address 10.0.0.1/24: link eth0 has it already".
 *
 * @param what As an infinitive, by names: the kernel's own account is in numbers.
 * @throws {Refusal}
 */
export function acting<T>(what: string, meanings: Meanings, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw refusalOf(what, meanings, error);
  }
}

function refusalOf(what: string, meanings: Meanings, cause: unknown): unknown {
  const refuse = (kind: RefusalKind, why: string): Refusal => new Refusal(kind, `Cannot ${what}: ${why}`, { cause });
  if (cause instanceof MissingLinkKindError)
    return refuse("unsupported", `this kernel lacks links of kind ${cause.kind}`);
  if (!(cause instanceof KernelError || cause instanceof SystemCallError)) return cause;
  const meaning = meanings[cause.errno];
  if (meaning !== undefined && !("hint" in meaning)) return refuse(...meaning);
  if (cause.errno === "EPERM") return refuse("forbidden", "EPERM: want root");
  const reason = cause instanceof KernelError ? cause.reason : cause.message.replace(/^Cannot/, "cannot");
  return refuse("kernel", meaning === undefined ? reason : `${reason}, ${meaning.hint}`);
}
