import type { ComposeAttachment, ComposeProject } from "../mod.ts";
import { attachmentsOf } from "./fates.ts";

/** Whether the files name an address of it, and do not leave all to the engine. */
export function namesAddress({ ipv4, ipv6 }: ComposeAttachment): boolean {
  return ipv4 !== undefined || ipv6 !== undefined;
}

/** The service, other than `service`, that the files give this address of the network. */
export function claimant(
  project: ComposeProject,
  { network, address, service }: { readonly network: string; readonly address: string; readonly service: string },
): string | undefined {
  return project.services.find(
    (other) =>
      other.name !== service &&
      attachmentsOf(other).some((one) => one.network === network && (one.ipv4 === address || one.ipv6 === address)),
  )?.name;
}

/** Steps that take named addresses, by network. Who leaves the choice to the engine comes after them, lest it be given one of those. */
export class Claims {
  readonly #steps = new Map<string, number[]>();

  add(attachments: readonly ComposeAttachment[], step: number): void {
    for (const { network } of attachments.filter(namesAddress)) {
      this.#steps.set(network, [...(this.#steps.get(network) ?? []), step]);
    }
  }

  /** What comes before somebody is attached so. */
  before(attachments: readonly ComposeAttachment[]): readonly number[] {
    return attachments
      .filter((attachment) => !namesAddress(attachment))
      .flatMap(({ network }) => this.#steps.get(network) ?? []);
  }
}
