import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { listNetns, NETNS_DIRECTORY } from "../../kernel/netns/mod.ts";
import { NftClient } from "../../kernel/nftables/mod.ts";
import type { LinkIndex, LinkSummary } from "../../kernel/objects/mod.ts";
import { parseLinkIndex } from "../../kernel/objects/mod.ts";
import { freeLinkIndex, type LinkIndexRange, openRouteClient, type RouteClient } from "../../kernel/route/mod.ts";
import { type LinkName, parseLinkName } from "../../net/mod.ts";
import { openConnection } from "../../netlink/connection/mod.ts";
import {
  bindNetns,
  createNetns,
  createNetnsNote,
  currentNetns,
  inNetns,
  NETNS_DRAFT_SUFFIX,
  type Netns,
  type NetnsNote,
  type NotPromise,
  openFile,
  openNetns,
  SystemCallError,
  tryLock,
  unbindNetns,
  unshareNetnsDirectory,
  writeSysctl,
} from "../../sys/mod.ts";
import {
  featuresOfMark,
  formatPlaceMark,
  HOST,
  ownerOfMark,
  type PlaceFeature,
  type PlaceName,
  type TopologyName,
  topologyMark,
} from "../state/mod.ts";

const LOOPBACK = parseLinkName("lo");

/** `weft netns add` and newer `ip netns add` have the lock for a moment, too. */
const LOCK_PATIENCE_MS = 1000;
const LOCK_AGAIN_MS = 5;

/** An open namespace, with its sockets; those of nf_tables are opened when they are first asked for. */
export class OpenPlace implements Disposable {
  readonly netns: Netns;
  readonly route: RouteClient;
  readonly #stack = new DisposableStack();
  readonly #lastIndex = new Map<LinkIndexRange, number>();
  readonly #indexes = new Map<LinkName, LinkIndex>();
  readonly #features = new Set<PlaceFeature>();
  #seen: readonly LinkSummary[] | undefined;
  #isNew = false;
  #nftables: NftClient | undefined;

  /** Owns the namespace's descriptor from here on. */
  constructor(netns: Netns) {
    this.netns = this.#stack.use(netns);
    this.route = this.#stack.use(openRouteClient({ netns }));
  }

  get nftables(): NftClient {
    this.#nftables ??= new NftClient(this.#stack.use(openConnection({ protocol: "netfilter", netns: this.netns })));
    return this.#nftables;
  }

  /** As `freeLinkIndex`, and never the same twice: also before the links are made. */
  freeIndex(range: LinkIndexRange): LinkIndex {
    const last = this.#lastIndex.get(range);
    const free =
      last === undefined
        ? freeLinkIndex(range, this.#isNew ? [] : this.route.links.summaries())
        : parseLinkIndex(last + 1);
    this.#lastIndex.set(range, free);
    return free;
  }

  /** All links as they are; those that `glance` has just seen are not read again. */
  links(): readonly LinkSummary[] {
    const links = this.#seen ?? this.route.links.summaries();
    this.#seen = undefined;
    this.#indexes.clear();
    for (const { name, index } of links) this.#indexes.set(name, index);
    for (const feature of featuresOfMark(loopbackOf(links)?.alias)) this.#features.add(feature);
    return links;
  }

  /** Whose the namespace is, by its loopback. */
  glance(): string | undefined {
    this.#seen = this.route.links.summaries();
    return ownerOfMark(loopbackOf(this.#seen)?.alias);
  }

  /** The number of a link, known from when it was seen or made. @throws {KernelError} `ENODEV` */
  indexOf(name: LinkName): LinkIndex {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    const index = this.route.links.indexOf(name);
    this.#indexes.set(name, index);
    return index;
  }

  /** Says that a link has been made with this number. */
  learn(name: LinkName, index: LinkIndex): void {
    this.#indexes.set(name, index);
  }

  /** Links that are there no more; others may have gone with them. */
  forgetLinks(): void {
    this.#indexes.clear();
  }

  has(feature: PlaceFeature): boolean {
    return this.#features.has(feature);
  }

  /** Before the namespace is given the first of its kind. The word stays until the namespace goes: it only makes people look. */
  note(topology: TopologyName, feature: PlaceFeature): void {
    if (this.#features.has(feature)) return;
    this.#features.add(feature);
    this.route.links.set(LOOPBACK, { alias: formatPlaceMark(topology, this.#features) });
  }

  /** Of a namespace that has just been made: nothing needs to be looked for. */
  startEmpty(): void {
    this.#isNew = true;
  }

  /**
   * A router asks for neighbours from its link-local address: while it looked for duplicates of that, it would be deaf for a second.
   * (Of a link whose MAC address is known, that address is added without the look.)
   */
  skipDuplicateDetection(link: LinkName): void {
    this.inside(() => {
      // A kernel without IPv6 has no such sysctl.
      if (existsSync(`/proc/sys/net/ipv6/conf/${link}`)) writeSysctl(`net/ipv6/conf/${link}/accept_dad`, "0");
    });
  }

  inside<T>(body: () => NotPromise<T>): T {
    return inNetns(this.netns, body);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function loopbackOf(links: readonly LinkSummary[]): LinkSummary | undefined {
  return links.find(({ loopback }) => loopback);
}

/** The host and the namespaces of one directory, opened once each. Disposing closes them. */
export class Places implements Disposable {
  /** Where namespaces have their names. */
  readonly directory: string;
  readonly #open = new Map<PlaceName, OpenPlace>();
  #note: NetnsNote | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Two that change topologies at once would take each other's remains for their own: the directory is locked, and made where it is
   * missing. (A file in it would be a namespace's name to `ip netns`.) Names that a topology's maker died over are taken away.
   *
   * @throws {Error} when somebody else has it.
   */
  lock(): Disposable {
    mkdirSync(this.directory, { recursive: true, mode: 0o755 });
    using opened = new DisposableStack();
    const file = opened.use(openFile(this.directory));
    const deadline = performance.now() + LOCK_PATIENCE_MS;
    while (!tryLock(file)) {
      if (performance.now() > deadline) {
        const why = "another weft does so now, want it to end first";
        throw new Error(`Cannot change topologies in ${this.directory}: ${why}`);
      }
      Bun.sleepSync(LOCK_AGAIN_MS);
    }
    for (const name of this.#names()) if (this.#isRemains(name)) unbindNetns(this.#path(name));
    return opened.move();
  }

  /** @throws {SystemCallError} `ENOENT` */
  get(place: PlaceName): OpenPlace {
    let open = this.#open.get(place);
    if (open === undefined) {
      open = new OpenPlace(place === HOST ? currentNetns() : openNetns(this.#path(place)));
      this.#open.set(place, open);
    }
    return open;
  }

  /**
   * Makes a namespace whose loopback is up and carries the mark. It gets its name last: one without a mark never has one.
   *
   * @throws {SystemCallError} `EEXIST` when the name is taken.
   */
  create(place: PlaceName, topology: TopologyName): void {
    using stack = new DisposableStack();
    this.#note ??= createNetnsNote(this.directory, topologyMark(topology));
    const note = this.#note;
    createNetns((netns) => {
      const open = stack.use(new OpenPlace(netns));
      open.startEmpty();
      open.route.links.set(LOOPBACK, { alias: topologyMark(topology), up: true });
      bindNetns(netns, this.#path(place), { over: note });
      this.#open.set(place, open);
    });
    stack.move(); // disposed of with this
  }

  /** Takes the name away, and with it the namespace, unless a process is in it. */
  delete(place: PlaceName): void {
    this.#close(place);
    unbindNetns(this.#path(place));
  }

  /** All names, with the topology that their namespaces say they belong to. Those of this topology stay open. */
  list(topology: TopologyName): ReadonlyMap<PlaceName, string | undefined> {
    const names = this.#names().filter((name) => !this.#isRemains(name));
    return new Map(
      names.map((name) => {
        const owner = this.#owner(name);
        if (owner !== topology) this.#close(name);
        return [name, owner];
      }),
    );
  }

  /** Who is in these namespaces, and would keep them when their names are gone; those that nobody is in are left out. */
  holders(places: readonly PlaceName[]): ReadonlyMap<PlaceName, readonly number[]> {
    if (places.length === 0) return new Map();
    const pids = new Map(listNetns().map((netns) => [netns.ino, netns.pids]));
    const found = places.map((place) => [place, pids.get(this.get(place).netns.identity.ino) ?? []] as const);
    return new Map(found.filter(([, inside]) => inside.length > 0));
  }

  #owner(name: PlaceName): string | undefined {
    try {
      return this.get(name).glance();
    } catch (error) {
      if (error instanceof SystemCallError) return undefined; // a name that leads to no namespace is somebody's, too
      throw error;
    }
  }

  /** Whether it is a topology's, and leads to no namespace: a file that only says whose it was going to be. */
  #isRemains(name: PlaceName): boolean {
    const path = this.#path(name);
    if (name.endsWith(NETNS_DRAFT_SUFFIX)) return true;
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return size > 0 && size < 256 && ownerOfMark(readFileSync(path, "utf8")) !== undefined; // a namespace's file has no size
  }

  #close(name: PlaceName): void {
    this.#open.get(name)?.[Symbol.dispose]();
    this.#open.delete(name);
  }

  #names(): readonly PlaceName[] {
    try {
      return readdirSync(this.directory).sort() as PlaceName[]; // as they are; only those with our mark are ours
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
  }

  #path(place: PlaceName): string {
    return join(this.directory, place);
  }

  /** Leaves a directory as it was, once nothing is named in it; the machine's own stays as `ip netns` has it. */
  tidy(): void {
    this.#dropNote();
    if (this.directory !== NETNS_DIRECTORY && this.#names().length === 0) unshareNetnsDirectory(this.directory);
  }

  [Symbol.dispose](): void {
    for (const open of this.#open.values()) open[Symbol.dispose]();
    this.#open.clear();
    this.#dropNote();
  }

  #dropNote(): void {
    this.#note?.[Symbol.dispose]();
    this.#note = undefined;
  }
}
