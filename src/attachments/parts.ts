import { tableExists } from "../kernel/nftables/mod.ts";
import type { LinkName } from "../net/mod.ts";
import { leaveDescriptorsBehind } from "../sys/mod.ts";
import { deleteLinks } from "./apply/delete-links.ts";
import type { NetworkKernel } from "./apply/host-network.ts";
import { AttachmentError } from "./attachment-error.ts";
import type { InsideLink } from "./container-link.ts";
import { ATTACHMENT_TABLE, type FirewallElement } from "./firewall/mod.ts";
import { formatOwner, type Owner, type PartKind } from "./owner.ts";
import type { AttachmentStore, OwnedPart } from "./store/attachment-store.ts";

/** What a part is going to have. */
export interface PartPlan {
  /** Names that links of the host will have: a crash's remains are found by them. */
  readonly links: readonly LinkName[];
  readonly elements: readonly FirewallElement[];
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Makes one part of an attachment whole, or not at all: what is going to be made is written down first, then made, then called made.
 * Whoever finds a part that was begun and not finished, undoes it: its maker is dead, since the lock was his.
 *
 * @param decide Says what will be, and takes what it needs of the store, in one commit.
 * @param act Makes the links; elements are added after it.
 */
export async function makePart<Plan extends PartPlan>(
  workplace: Workplace,
  owner: Owner,
  kind: PartKind,
  { decide, act = () => {} }: { readonly decide: () => Plan; readonly act?: (plan: Plan) => void },
): Promise<Plan> {
  const { store } = workplace;
  let added: readonly FirewallElement[] = [];
  let areFresh = false;
  const plan = store.transaction(() => {
    if (store.findPart(owner, kind) !== undefined) {
      throw new AttachmentError("exists", `${formatOwner(owner)} has its ${kind} already, want a DEL first`);
    }
    const decided = decide();
    const claims = decided.elements.map((element) => ({ element, claim: claim(store, owner, kind, element) }));
    added = claims.filter(({ claim }) => claim !== "waiting").map(({ element }) => element);
    areFresh = claims.some(({ claim }) => claim === "fresh");
    store.putPart(owner, { kind, state: "making", links: decided.links, facts: decided.facts });
    return decided;
  });
  const { links, facts } = plan;
  try {
    act(plan);
    await ensureElements(workplace, added, areFresh);
    store.putPart(owner, { kind, state: "made", links, facts });
  } catch (error) {
    await undoParts(workplace, [{ owner, kind, state: "making", links, facts }]);
    throw error;
  }
  return plan;
}

/**
 * A runtime may publish one port on each network of a container: it leads by the first, and by another one when that goes.
 *
 * @returns `fresh`: nobody else claims the element. `waiting`: the container's other network has it.
 */
function claim(
  store: AttachmentStore,
  owner: Owner,
  kind: PartKind,
  element: FirewallElement,
): "fresh" | "shared" | "waiting" {
  const [holder] = store.otherClaims(owner, kind, element);
  if (holder !== undefined && element.data !== undefined && holder.container !== owner.container) {
    throw new AttachmentError("taken", `port ${element.key.join(" ")} of the host leads to ${formatOwner(holder)}`);
  }
  store.claimElement(owner, kind, element);
  if (holder === undefined) return "fresh";
  return element.data === undefined ? "shared" : "waiting";
}

/**
 * What others have claimed before is in the kernel, unless somebody flushed it: that is asked, since loading all that writes
 * elements takes as long as making the links.
 */
async function ensureElements(
  { store, host }: Workplace,
  elements: readonly FirewallElement[],
  areFresh: boolean,
): Promise<void> {
  if (elements.length === 0) return;
  if (!areFresh && tableExists(host.netfilter, ATTACHMENT_TABLE)) return;
  const { addElements } = await import("./apply/change-firewall.ts");
  addElements(host.netfilter, elements, () => store.allElements());
}

/** The store, with the lock, and the host's kernel. */
export interface Workplace {
  readonly store: AttachmentStore;
  readonly host: NetworkKernel;
}

/**
 * Takes parts out of kernel and store, with their owners' addresses when the part that has them goes. The commit comes last: whoever is
 * killed before it leaves parts that are undone again. An element that another part claims too stays, or leads where that wants it.
 */
export async function undoParts({ store, host }: Workplace, parts: readonly OwnedPart[]): Promise<void> {
  if (parts.length === 0) return;
  await store.longTransaction(async () => {
    const elements = parts.flatMap(({ owner, kind }) => store.elementsOf(owner, kind));
    for (const { owner, kind } of parts) {
      store.dropClaims(owner, kind);
      store.deletePart(owner, kind);
      if (kind === "link" || kind === "addresses") store.releaseAddresses(owner);
    }
    const changes = elements.map((element) => ({ element, heir: store.findClaim(element) }));
    const left = changes.filter(({ element, heir }) => heir === undefined || element.data !== undefined);
    if (left.length > 0) {
      const { addElements, removeElements } = await import("./apply/change-firewall.ts");
      removeElements(
        host.netfilter,
        left.map(({ element }) => element),
      );
      addElements(
        host.netfilter,
        left.flatMap(({ heir }) => heir ?? []),
        () => store.allElements(),
      );
    }
    for (const { facts } of parts) {
      if (facts["inside"] === undefined) continue;
      const { deleteInsideLink } = await import("./container-link.ts");
      deleteInsideLink(facts["inside"] as InsideLink); // as `attachToParent` wrote it
    }
    const isLeftBehind = await deleteLinks(
      host,
      parts.flatMap(({ links }) => links),
    );
    if (left.length > 0 && !isLeftBehind && host.removeLinks === undefined) leaveDescriptorsBehind(CLOSING_MS);
  });
}

/** Twice what closing a socket of nf_tables takes after a deletion. */
const CLOSING_MS = 25;

/** Undoes what dead processes left half made. */
export async function recover(workplace: Workplace): Promise<void> {
  await undoParts(workplace, workplace.store.unfinishedParts());
}
