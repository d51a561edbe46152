import type { SandboxView } from "../../contract/mod.ts";
import { Refusal } from "../../contract/plain.ts";
import { type NetnsReference, openReferencedNetns, parseNetnsName } from "../../kernel/netns/mod.ts";
import type { Link } from "../../kernel/objects/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import type { LinkName } from "../../net/mod.ts";
import { currentNetns, type Netns, SystemCallError } from "../../sys/mod.ts";
import type { Place } from "./parse-place.ts";

/** What there is to capture on. */
export interface FoundLink {
  readonly netns: Netns;
  readonly link: Link;
  /** What people call the place: `web` for a sandbox, `pid:12`; absent for the namespace that we are in. */
  readonly place?: string;
  /** Weft's words for it: `sandbox web, network front`. */
  readonly description?: string;
  /** It was asked for by its name, and not only because it is there. */
  readonly isNamed: boolean;
}

/** The daemon's sandboxes; absent when no daemon runs. */
export type KnownSandboxes = readonly SandboxView[] | undefined;

/**
 * Finds the links of places. Each namespace is open until `owner` is disposed of.
 *
 * @throws {Refusal} names the place: what it is not, what its namespace says.
 */
export function findLinks(
  places: readonly Place[],
  sandboxes: KnownSandboxes,
  owner: DisposableStack,
): readonly FoundLink[] {
  const found = places.flatMap((place) => findPlace(place, sandboxes, owner));
  const seen = new Set<string>();
  return found.filter(({ netns, link }) => {
    const key = `${netns.identity.dev} ${netns.identity.ino} ${link.index}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function findPlace(place: Place, sandboxes: KnownSandboxes, owner: DisposableStack): readonly FoundLink[] {
  switch (place.kind) {
    case "all links":
      return linksOf({ netns: owner.use(currentNetns()), title: "this namespace" });
    case "link":
      return linksOf({ netns: owner.use(currentNetns()), title: "this namespace", wanted: place.link });
    case "namespace":
      return linksOf({ ...openNamespace(place.namespace, owner), ...wantedOf(place) });
    case "sandbox": {
      const sandbox = sandboxes?.find(({ name, id }) => name === place.name || id === place.name);
      if (sandbox !== undefined) return linksOfSandbox(sandbox, place.link, owner);
      throw new Refusal("not-found", `Cannot capture on sandbox ${place.name}: ${whyNoSandbox(sandboxes)}`);
    }
    case "word":
      return findWord(place, sandboxes, owner);
    default:
      return unreachable(place);
  }
}

/** A word may name a sandbox, a link and a namespace at once: then the form with the kind before it says which. */
function findWord(
  { word, link }: Extract<Place, { kind: "word" }>,
  sandboxes: KnownSandboxes,
  owner: DisposableStack,
): readonly FoundLink[] {
  const sandbox = sandboxes?.find(({ name, id }) => name === word || id === word);
  const own = link === undefined ? ownLink(word, owner) : undefined;
  const netns = sandbox === undefined || own === undefined ? openNamed(word, owner) : undefined;
  const kinds = [sandbox && "sandbox", own && "link", netns && "netns"].filter((kind) => kind !== undefined);
  // A sandbox whose namespace has the same name is one thing, by two names.
  const isOne = sandbox !== undefined && netns !== undefined && sandbox.netnsPath === `/run/netns/${word}`;
  if (kinds.length - (isOne ? 1 : 0) > 1) {
    const forms = kinds.map((kind) => `${kind}:${word}`).join(" or ");
    throw new Refusal("invalid", `Cannot capture on ${word}: there is more than one of that name, want ${forms}`);
  }
  if (sandbox !== undefined) return linksOfSandbox(sandbox, link, owner);
  if (own !== undefined) return [own];
  if (netns !== undefined) {
    return linksOf({ netns, title: `namespace ${word}`, place: word, ...wantedOf({ link }) });
  }
  throw new Refusal(
    "not-found",
    link === undefined
      ? `Cannot capture on ${word}: no link and no namespace of ip netns has that name, and ${whyNoSandbox(sandboxes)}`
      : `Cannot capture on ${word}:${link}: no namespace of ip netns is called ${word}, and ${whyNoSandbox(sandboxes)}`,
  );
}

function whyNoSandbox(sandboxes: KnownSandboxes): string {
  return sandboxes === undefined ? "no daemon runs that would know of a sandbox" : "no sandbox has that name";
}

function ownLink(name: string, owner: DisposableStack): FoundLink | undefined {
  const netns = owner.use(currentNetns());
  return linksOf({ netns, title: "this namespace" })
    .filter(({ link }) => link.name === name || link.altNames.includes(name))
    .map((found) => ({ ...found, isNamed: true }))[0];
}

function openNamed(word: string, owner: DisposableStack): Netns | undefined {
  try {
    return owner.use(openReferencedNetns({ kind: "name", name: parseNetnsName(word) }));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof SystemCallError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}

function openNamespace(
  reference: NetnsReference,
  owner: DisposableStack,
): { readonly netns: Netns; readonly title: string; readonly place: string } {
  const place =
    reference.kind === "path" ? reference.path : reference.kind === "pid" ? `pid:${reference.pid}` : reference.name;
  try {
    return { netns: owner.use(openReferencedNetns(reference)), title: `namespace ${place}`, place };
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    const isAbsent = error.errno === "ENOENT" || error.errno === "ESRCH";
    const why = isAbsent
      ? reference.kind === "pid"
        ? "there is no such process"
        : "there is no such namespace"
      : error.message;
    throw new Refusal(isAbsent ? "not-found" : "kernel", `Cannot capture on ${place}: ${why}`, { cause: error });
  }
}

function linksOfSandbox(
  sandbox: SandboxView,
  wanted: LinkName | undefined,
  owner: DisposableStack,
): readonly FoundLink[] {
  const { name, netnsPath, endpoints } = sandbox;
  const networks = new Map(endpoints.map(({ interfaceName, networkName }) => [interfaceName, networkName]));
  const { netns } = openNamespace({ kind: "path", path: netnsPath }, owner);
  return linksOf({ netns, title: `sandbox ${name}`, place: name, ...wantedOf({ link: wanted }) }).map((found) => {
    const network = networks.get(found.link.name);
    return { ...found, description: `sandbox ${name}${network === undefined ? "" : `, network ${network}`}` };
  });
}

interface LinkSearch {
  readonly netns: Netns;
  /** For sentences. */
  readonly title: string;
  readonly place?: string;
  readonly wanted?: LinkName;
}

function linksOf({ netns, title, place, wanted }: LinkSearch): readonly FoundLink[] {
  using route = openRouteClient({ netns });
  const all = route.links.list();
  const links = wanted === undefined ? all : all.filter(({ name, altNames }) => [name, ...altNames].includes(wanted));
  if (links.length === 0) {
    const there = all.map(({ name }) => name).join(", ");
    throw new Refusal("not-found", `Cannot capture on link ${wanted} of ${title}: it has only ${there}`);
  }
  return links.map((link) => {
    const description = link.alias ?? (place === undefined ? undefined : title);
    return {
      ...{ netns, link, isNamed: wanted !== undefined },
      ...(place !== undefined && { place }),
      ...(description !== undefined && { description }),
    };
  });
}

function wantedOf({ link }: { readonly link?: LinkName | undefined }): { readonly wanted?: LinkName } {
  return link === undefined ? {} : { wanted: link };
}
