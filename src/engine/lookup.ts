import { Refusal, type RefusedObject } from "../contract/mod.ts";
import type { Network, Sandbox } from "../model/mod.ts";
import type { DesiredState } from "./plan/desired.ts";

/** By full id, full name or unique beginning of an id, in this order, as Docker does. */
export function getNetwork(state: DesiredState, reference: string): Network {
  return choose("network", reference, state.networkNamed(reference), state.networks);
}

export function getSandbox(state: DesiredState, reference: string): Sandbox {
  return choose("sandbox", reference, state.sandboxNamed(reference), state.sandboxes);
}

function choose<T extends { readonly id: string; readonly name: string }>(
  what: RefusedObject,
  reference: string,
  named: T | undefined,
  all: Iterable<T>,
): T {
  if (named !== undefined && !/^[0-9a-f]{64}$/.test(reference)) return named;
  const byId = /^[0-9a-f]{1,64}$/.test(reference) ? Array.from(all).filter(({ id }) => id.startsWith(reference)) : [];
  if (byId.length > 1) {
    throw new Refusal(
      "invalid",
      `Cannot choose a ${what} by ${reference}: ${byId.length} ids begin so, want more digits, or the name`,
      { reason: { code: "ambiguous", what, reference, matches: byId.length } },
    );
  }
  const found = byId[0] ?? named;
  if (found === undefined) {
    throw new Refusal("not-found", `Cannot find ${what} ${reference}: want the name or the id of one that is there`, {
      reason: { code: "unknown", what, reference },
    });
  }
  return found;
}
