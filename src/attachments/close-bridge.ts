import { NftClient } from "../kernel/nftables/mod.ts";
import type { LinkName } from "../net/mod.ts";
import { AttachmentError } from "./attachment-error.ts";
import type { Owner } from "./owner.ts";
import { makePart, type Workplace } from "./parts.ts";

/**
 * Lets a container be reached: by everybody, or by its own bridge and in answer to what it asked.
 *
 * @param closed The bridge that lets nobody in from elsewhere; absent: everybody.
 * @throws {AttachmentError} `invalid` where a foreign chain drops what is forwarded: only a rule in that chain could accept it.
 */
export async function letIn(workplace: Workplace, owner: Owner, closed: LinkName | undefined): Promise<void> {
  const dropping = new NftClient(workplace.host.netfilter)
    .listBaseChains()
    .find(({ chain: { base } }) => base.type === "filter" && base.hook === "forward" && base.policy === "drop");
  if (dropping !== undefined) {
    const { chain, table } = dropping;
    throw new AttachmentError(
      "invalid",
      `chain ${chain.name} of table ${table.family} ${table.name} drops what it does not accept, and is not ours to change: accept the network there, or use the reference firewall plugin`,
    );
  }
  await makePart(workplace, owner, "access", {
    decide: () => ({
      links: [],
      elements:
        closed === undefined
          ? []
          : [
              { set: "closed", key: [closed] },
              { set: "closed_pairs", key: [closed, closed] },
            ],
      facts: {},
    }),
  });
}
