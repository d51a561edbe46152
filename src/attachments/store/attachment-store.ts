import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import { type IpAddress, type IpFamily, ipFromValue, ipValue, type LinkName } from "../../net/mod.ts";
import type { FirewallElement } from "../firewall/mod.ts";
import { type RangeSet, rangeFamily } from "../ipam/mod.ts";
import type { Owner, PartKind } from "../owner.ts";

/** What one call made for an attachment, as it is to be undone. */
export interface Part {
  readonly kind: PartKind;
  /** `making`: somebody began it and did not finish. */
  readonly state: "making" | "made";
  /** Links of the host that go with it. */
  readonly links: readonly LinkName[];
  /** What else its own code has to know later. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface OwnedPart extends Part {
  readonly owner: Owner;
}

/** What this process's schema is; another is a newer or older Weft's of the same boot. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE parts (
    network TEXT NOT NULL, container TEXT NOT NULL, ifname TEXT NOT NULL, kind TEXT NOT NULL,
    state TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (network, container, ifname, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX unfinished ON parts (state) WHERE state = 'making';
  CREATE TABLE addresses (
    pool TEXT NOT NULL, address TEXT NOT NULL,
    network TEXT NOT NULL, container TEXT NOT NULL, ifname TEXT NOT NULL,
    PRIMARY KEY (pool, address)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX addresses_of ON addresses (network, container, ifname);
  CREATE TABLE cursors (
    pool TEXT NOT NULL, place INTEGER NOT NULL, address TEXT NOT NULL, PRIMARY KEY (pool, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE elements (
    name TEXT NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL,
    network TEXT NOT NULL, container TEXT NOT NULL, ifname TEXT NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (name, key, network, container, ifname, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX elements_of ON elements (network, container, ifname, kind);
`;

/**
 * The attachments of this boot, in one file, which whoever opens it has alone: `openAttachments` takes the lock first. A commit reaches
 * the kernel and not the disk, since nothing in it outlasts the kernel's own state: another boot has another file.
 */
export class AttachmentStore implements Disposable {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();
  #isNew = false;

  /** @throws {Error} when it is a newer Weft's. */
  constructor(path: string) {
    this.#database = new Database(path, { readwrite: true, create: true, strict: true });
    try {
      this.#database.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = PERSIST; PRAGMA synchronous = OFF");
      this.#prepareSchema(path);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #prepareSchema(path: string): void {
    const version = this.#get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0;
    if (version === SCHEMA_VERSION) return;
    if (version > SCHEMA_VERSION) {
      throw new Error(
        `Cannot open ${path}: it has schema ${version}, this Weft knows ${SCHEMA_VERSION}: use the newer one`,
      );
    }
    this.#isNew = true;
    this.#database.run(`BEGIN IMMEDIATE; ${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  }

  /** Whether it was made just now: the first of this boot. */
  get isNew(): boolean {
    return this.#isNew;
  }

  transaction<T>(body: () => T): T {
    this.#database.run("BEGIN IMMEDIATE");
    try {
      const result = body();
      this.#database.run("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.run("ROLLBACK");
      throw error;
    }
  }

  /** As `transaction`; nothing else may use the store meanwhile. */
  async longTransaction(body: () => Promise<void>): Promise<void> {
    this.#database.run("BEGIN IMMEDIATE");
    try {
      await body();
      this.#database.run("COMMIT");
    } catch (error) {
      if (this.#database.inTransaction) this.#database.run("ROLLBACK");
      throw error;
    }
  }

  putPart(owner: Owner, part: Part): void {
    const { kind, state, ...document } = part;
    this.#run(
      `INSERT INTO parts (network, container, ifname, kind, state, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT DO UPDATE SET state = ?5, document = ?6`,
      ...[owner.network, owner.container, owner.ifname, kind, state, JSON.stringify(document)],
    );
  }

  deletePart(owner: Owner, kind: PartKind): void {
    this.#run(
      "DELETE FROM parts WHERE network = ?1 AND container = ?2 AND ifname = ?3 AND kind = ?4",
      ...[owner.network, owner.container, owner.ifname, kind],
    );
  }

  findPart(owner: Owner, kind: PartKind): OwnedPart | undefined {
    return this.#parts(
      "network = ?1 AND container = ?2 AND ifname = ?3 AND kind = ?4",
      ...[owner.network, owner.container, owner.ifname, kind],
    )[0];
  }

  partsOf(owner: Owner): readonly OwnedPart[] {
    return this.#parts(
      "network = ?1 AND container = ?2 AND ifname = ?3",
      ...[owner.network, owner.container, owner.ifname],
    );
  }

  partsOn(network: string): readonly OwnedPart[] {
    return this.#parts("network = ?1", network);
  }

  unfinishedParts(): readonly OwnedPart[] {
    return this.#parts("state = 'making'");
  }

  #parts(condition: string, ...values: readonly SQLQueryBindings[]): readonly OwnedPart[] {
    interface Row {
      readonly network: string;
      readonly container: string;
      readonly ifname: string;
      readonly kind: PartKind;
      readonly state: Part["state"];
      readonly document: string;
    }
    return this.#all<Row>(`SELECT * FROM parts WHERE ${condition}`, ...values).map(
      ({ kind, state, document, ...owner }) => ({
        ...(JSON.parse(document) as Pick<Part, "links" | "facts">), // as `putPart` wrote it
        ...{ owner, kind, state },
      }),
    );
  }

  /** @returns `false` when somebody has it. */
  takeAddress(pool: string, address: IpAddress, owner: Owner): boolean {
    const { changes } = this.#run(
      "INSERT INTO addresses (pool, address, network, container, ifname) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
      ...[pool, addressKey(address), owner.network, owner.container, owner.ifname],
    );
    return changes === 1;
  }

  releaseAddresses(owner: Owner): void {
    this.#run(
      "DELETE FROM addresses WHERE network = ?1 AND container = ?2 AND ifname = ?3",
      ...[owner.network, owner.container, owner.ifname],
    );
  }

  addressesOf(owner: Owner): readonly IpAddress[] {
    return this.#all<{ address: string }>(
      "SELECT address FROM addresses WHERE network = ?1 AND container = ?2 AND ifname = ?3",
      ...[owner.network, owner.container, owner.ifname],
    ).map(({ address }) => addressOfKey(address));
  }

  /** Taken addresses from `first` to `last`, ascending; read as far as the caller goes. */
  *usedAddresses(pool: string, family: IpFamily, first: bigint, last: bigint): IterableIterator<bigint> {
    const limit = 256;
    for (let from = first; from <= last; ) {
      const rows = this.#all<{ address: string }>(
        `SELECT address FROM addresses WHERE pool = ?1 AND address BETWEEN ?2 AND ?3 ORDER BY address LIMIT ${limit}`,
        ...[pool, valueKey(family, from), valueKey(family, last)],
      );
      for (const { address } of rows) yield BigInt(`0x${address}`);
      const end = rows.at(-1);
      if (end === undefined || rows.length < limit) return;
      from = BigInt(`0x${end.address}`) + 1n;
    }
  }

  /** The address that was given out of a set last; the place is the set's among the network's. */
  lastGiven(pool: string, place: number, set: RangeSet): IpAddress | undefined {
    const found = this.#get<{ address: string }>(
      "SELECT address FROM cursors WHERE pool = ?1 AND place = ?2",
      pool,
      place,
    );
    if (found === undefined || keyFamily(found.address) !== rangeFamily(set)) return undefined;
    return addressOfKey(found.address);
  }

  rememberGiven(pool: string, place: number, address: IpAddress): void {
    this.#run(
      "INSERT INTO cursors (pool, place, address) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET address = ?3",
      ...[pool, place, addressKey(address)],
    );
  }

  claimElement(owner: Owner, kind: PartKind, element: FirewallElement): void {
    this.#run(
      `INSERT INTO elements (name, key, data, network, container, ifname, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
       ON CONFLICT DO UPDATE SET data = ?3`,
      ...[
        element.set,
        joined(element.key),
        joined(element.data ?? []),
        owner.network,
        owner.container,
        owner.ifname,
        kind,
      ],
    );
  }

  /** Others that claim an element of the same key, with what it leads to for them. */
  otherClaims(
    owner: Owner,
    kind: PartKind,
    { set, key }: FirewallElement,
  ): readonly (Owner & { readonly data: readonly string[] })[] {
    return this.#all<Owner & { readonly data: string }>(
      `SELECT network, container, ifname, data FROM elements
       WHERE name = ?1 AND key = ?2 AND NOT (network = ?3 AND container = ?4 AND ifname = ?5 AND kind = ?6) LIMIT 2`,
      ...[set, joined(key), owner.network, owner.container, owner.ifname, kind],
    ).map((row) => ({ ...row, data: separated(row.data) }));
  }

  /** What the element is for one of those who claim it. */
  findClaim({ set, key }: FirewallElement): FirewallElement | undefined {
    return this.#elements("name = ?1 AND key = ?2", set, joined(key))[0];
  }

  elementsOf(owner: Owner, kind: PartKind): readonly FirewallElement[] {
    return this.#elements(
      "network = ?1 AND container = ?2 AND ifname = ?3 AND kind = ?4",
      ...[owner.network, owner.container, owner.ifname, kind],
    );
  }

  /** One of each key, whoever else claims it. */
  allElements(): readonly FirewallElement[] {
    return this.#elements("TRUE");
  }

  #elements(condition: string, ...values: readonly SQLQueryBindings[]): readonly FirewallElement[] {
    return this.#all<{ name: string; key: string; data: string }>(
      `SELECT name, key, MIN(data) AS data FROM elements WHERE ${condition} GROUP BY name, key`,
      ...values,
    ).map(({ name, key, data }) => ({
      set: name,
      key: separated(key),
      ...(data !== "" && { data: separated(data) }),
    }));
  }

  dropClaims(owner: Owner, kind: PartKind): void {
    this.#run(
      "DELETE FROM elements WHERE network = ?1 AND container = ?2 AND ifname = ?3 AND kind = ?4",
      ...[owner.network, owner.container, owner.ifname, kind],
    );
  }

  #run(sql: string, ...values: readonly SQLQueryBindings[]) {
    return this.#statement(sql).run(...values);
  }

  #get<Row>(sql: string, ...values: readonly SQLQueryBindings[]): Row | undefined {
    return (this.#statement(sql).get(...values) as Row | null) ?? undefined;
  }

  #all<Row>(sql: string, ...values: readonly SQLQueryBindings[]): readonly Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  [Symbol.dispose](): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#database.close();
  }
}

/** A separator that no part has. */
const joined = (parts: readonly string[]): string => parts.join(" ");
const separated = (text: string): readonly string[] => (text === "" ? [] : text.split(" "));

/** Of fixed length within a family: text that orders as the numbers do. */
function addressKey(address: IpAddress): string {
  return valueKey(address.includes(":") ? "ipv6" : "ipv4", ipValue(address));
}

function valueKey(family: IpFamily, value: bigint): string {
  return value.toString(16).padStart(family === "ipv4" ? 8 : 32, "0");
}

function keyFamily(key: string): IpFamily {
  return key.length === 8 ? "ipv4" : "ipv6";
}

function addressOfKey(key: string): IpAddress {
  return ipFromValue(keyFamily(key), BigInt(`0x${key}`));
}
