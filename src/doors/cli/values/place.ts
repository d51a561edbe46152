import type { ClientContract } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
import {
  type Names,
  NO_NAMES,
  namesFrom,
  type OpenPlace,
  OWN_PLACE,
  openPlace,
  type PlaceReference,
  parsePlace,
} from "../../../insight/place/mod.ts";
import type { World } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { netnsDirectory } from "./netns-directory.ts";

/**
 * How every command that looks into a network namespace, or changes one, is told which: `--in PLACE`. A command that takes
 * nothing else, such as `weft sockets`, takes it without `--in`, too.
 */
export const placeOption = option.value(
  "PLACE",
  "Which network namespace; default: the one that the command runs in",
  parsePlace,
  { complete: "place" },
);

/** The same as only operand. */
export const placeOperand = operand.maybe("PLACE", parsePlace, "place");

/** For the details of a command that has either. */
export const placeDetails =
  "PLACE is the name of a sandbox or of ip netns, a path such as /run/netns/blue, or pid:PID; sandbox:NAME and netns:NAME where both have one name. No daemon is started: with one running, names stand beside addresses and links.";

/** What was said of the place, in whichever way. @throws {UsageError} when it was said twice. */
export function choosePlace(given: PlaceReference | undefined, word?: PlaceReference | undefined): PlaceReference {
  if (given !== undefined && word !== undefined) {
    throw new UsageError("Cannot use --in and PLACE together: both say which namespace, want one of them");
  }
  return given ?? word ?? OWN_PLACE;
}

/** Whoever looks may do so because the daemon hangs. */
const NAMES_PATIENCE_MS = 2000;

/** What a running daemon calls things; one that is not there, not ours to ask, or does not answer, calls them nothing. */
export async function readNames({ client, host }: Pick<World, "client" | "host">): Promise<Names> {
  using patience = new DisposableStack();
  const silence = new Promise<Names>((resolve) => {
    const timer = setTimeout(() => resolve(NO_NAMES), NAMES_PATIENCE_MS);
    patience.defer(() => clearTimeout(timer));
  });
  const names = await Promise.race([askNames(client), silence]);
  return { ...names, netnsDirectory: netnsDirectory(undefined, host) };
}

async function askNames(client: ClientContract): Promise<Names> {
  try {
    const [{ pid }, sandboxes, networks] = await Promise.all([
      client.info({}),
      client.listSandboxes({}),
      client.listNetworks({}),
    ]);
    return namesFrom({ pid, sandboxes, networks });
  } catch (error) {
    if (error instanceof Refusal && error.kind === "unavailable") return NO_NAMES;
    throw error;
  }
}

/** A namespace that is open, and what things in it are called. */
export interface NamedPlace extends OpenPlace {
  readonly names: Names;
}

/** @throws {Refusal} `not-found` and the like. */
export async function enterPlace(
  world: Pick<World, "client" | "host">,
  reference: PlaceReference,
): Promise<NamedPlace> {
  const names = await readNames(world);
  return { ...openPlace(reference, names), names };
}
