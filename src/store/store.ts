import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import type {
  Endpoint,
  EndpointId,
  Network,
  NetworkId,
  PoolId,
  ProcessRecord,
  ReservedPool,
  Sandbox,
  SandboxId,
} from "../model/mod.ts";
import { type IpAddress, prefixAddress } from "../net/mod.ts";
import {
  endpointDocument,
  networkDocument,
  poolAddressDocument,
  poolDocument,
  processDocument,
  sandboxDocument,
} from "./documents.ts";
import { JournalFlush } from "./journal-flush.ts";
import { openDatabase } from "./open-database.ts";
import { type Shape, ShapeError } from "./shape.ts";
import { corruptSentence, StoreError, storeError } from "./store-error.ts";

/** All that the store knows. Endpoints are in the order of their attachment. */
export interface StoredState {
  readonly networks: readonly Network[];
  readonly sandboxes: readonly Sandbox[];
  readonly endpoints: readonly Endpoint[];
  readonly processes: readonly ProcessRecord[];
  readonly pools: readonly ReservedPool[];
  /** Addresses of reserved pools that are given out. */
  readonly poolAddresses: readonly PoolAddress[];
}

export interface PoolAddress {
  readonly pool: PoolId;
  readonly address: IpAddress;
}

type NotPromise<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * Desired state, durable: a change outlives this process when its call, or the transaction around it, returns, and is on the disk some milliseconds
 * later. `put` creates or replaces. Everything here throws `StoreError`, and leaves the state as it was when it does.
 */
export interface Store extends Disposable {
  readonly path: string;
  load(): StoredState;
  /** All of the body's changes or none; may be nested. References are checked at its end, so that the order inside is free. */
  transaction<T>(body: () => NotPromise<T>): T;
  putNetwork(network: Network): void;
  deleteNetwork(id: NetworkId): void;
  putSandbox(sandbox: Sandbox): void;
  /** Its published ports and the record of its process go with it; its endpoints must be gone. */
  deleteSandbox(id: SandboxId): void;
  putEndpoint(endpoint: Endpoint): void;
  deleteEndpoint(id: EndpointId): void;
  putProcess(process: ProcessRecord): void;
  deleteProcess(sandbox: SandboxId): void;
  putPool(pool: ReservedPool): void;
  /** Its addresses go with it. */
  deletePool(id: PoolId): void;
  putPoolAddress(address: PoolAddress): void;
  deletePoolAddress(address: PoolAddress): void;
  /** For `Endpoint.sequence`: above that of every endpoint in the store, and never the same twice. */
  nextSequence(): number;
}

/** @throws {StoreError} when the state is another daemon's, damaged, newer than we are, or its folder cannot be written. */
export function openStore(path: string): Store {
  const database = openDatabase(path);
  try {
    return new SqliteStore(path, database);
  } catch (error) {
    database.close();
    throw storeError("open the state", path, error);
  }
}

class SqliteStore implements Store {
  readonly path: string;
  readonly #database: Database;
  readonly #flush: JournalFlush;
  readonly #statements = new Map<string, Statement>();
  #sequence: number;
  #depth = 0;
  #closed = false;

  constructor(path: string, database: Database) {
    this.path = path;
    this.#database = database;
    this.#flush = new JournalFlush(path);
    const last = database.query<{ last: number | null }, []>("SELECT max(sequence) AS last FROM endpoints").get();
    this.#sequence = last?.last ?? 0;
  }

  load(): StoredState {
    return {
      networks: this.#read("network", "SELECT id, document FROM networks ORDER BY name", networkDocument),
      sandboxes: this.#read("sandbox", "SELECT id, document FROM sandboxes ORDER BY name", sandboxDocument),
      endpoints: this.#read("endpoint", "SELECT id, document FROM endpoints ORDER BY sequence", endpointDocument),
      processes: this.#read(
        "process of sandbox",
        "SELECT sandbox AS id, document FROM processes ORDER BY sandbox",
        processDocument,
      ),
      pools: this.#read("pool", "SELECT id, document FROM pools ORDER BY id", poolDocument),
      poolAddresses: this.#read(
        "address of pool",
        "SELECT pool AS id, json_object('pool', pool, 'address', address) AS document FROM pool_addresses",
        poolAddressDocument,
      ),
    };
  }

  transaction<T>(body: () => NotPromise<T>): T {
    return this.#atomic("change the state", body);
  }

  putNetwork(network: Network): void {
    const bridge = network.driver.kind === "bridge" ? network.driver.settings.bridge : null;
    this.#change(
      `store network ${network.name}`,
      `INSERT INTO networks (id, name, bridge, document) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET name = ?2, bridge = ?3, document = ?4`,
      [network.id, network.name, bridge, JSON.stringify(network)],
    );
  }

  deleteNetwork(id: NetworkId): void {
    this.#change(`delete network ${id}`, "DELETE FROM networks WHERE id = ?1", [id]);
  }

  putSandbox(sandbox: Sandbox): void {
    const action = `store sandbox ${sandbox.name}`;
    this.#atomic(action, () => {
      this.#change(
        action,
        `INSERT INTO sandboxes (id, name, document) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET name = ?2, document = ?3`,
        [sandbox.id, sandbox.name, JSON.stringify(sandbox)],
      );
      this.#change(action, "DELETE FROM published WHERE sandbox = ?1", [sandbox.id]);
      for (const { protocol, hostAddress, hostPort, routed } of sandbox.ports) {
        if (routed === true) continue; // it takes no port of the host
        this.#change(
          `${action} with port ${hostPort}/${protocol}`,
          "INSERT INTO published (protocol, host_address, host_port, sandbox) VALUES (?1, ?2, ?3, ?4)",
          [protocol, hostAddress ?? "", hostPort, sandbox.id],
        );
      }
    });
  }

  deleteSandbox(id: SandboxId): void {
    this.#change(`delete sandbox ${id}`, "DELETE FROM sandboxes WHERE id = ?1", [id]);
  }

  putEndpoint(endpoint: Endpoint): void {
    const { id, network, sandbox, interfaceName, sequence } = endpoint;
    const action = `store endpoint ${interfaceName} of sandbox ${sandbox.slice(0, 12)}`;
    this.#atomic(action, () => {
      this.#change(
        action,
        `INSERT INTO endpoints (id, network, sandbox, interface_name, sequence, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET network = ?2, sandbox = ?3, interface_name = ?4, sequence = ?5, document = ?6`,
        [id, network, sandbox, interfaceName, sequence, JSON.stringify(endpoint)],
      );
      this.#change(action, "DELETE FROM addresses WHERE endpoint = ?1", [id]);
      for (const address of endpoint.addresses) {
        this.#change(
          `${action} with address ${address}`,
          "INSERT INTO addresses (network, address, endpoint) VALUES (?1, ?2, ?3)",
          [network, prefixAddress(address), id],
        );
      }
    });
    this.#sequence = Math.max(this.#sequence, sequence);
  }

  deleteEndpoint(id: EndpointId): void {
    this.#change(`delete endpoint ${id}`, "DELETE FROM endpoints WHERE id = ?1", [id]);
  }

  putProcess(process: ProcessRecord): void {
    this.#change(
      `store the process of sandbox ${process.sandbox.slice(0, 12)}`,
      `INSERT INTO processes (sandbox, document) VALUES (?1, ?2) ON CONFLICT (sandbox) DO UPDATE SET document = ?2`,
      [process.sandbox, JSON.stringify(process)],
    );
  }

  deleteProcess(sandbox: SandboxId): void {
    this.#change(`delete the process of sandbox ${sandbox}`, "DELETE FROM processes WHERE sandbox = ?1", [sandbox]);
  }

  putPool(pool: ReservedPool): void {
    this.#change(
      `store pool ${pool.id}`,
      "INSERT INTO pools (id, document) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET document = ?2",
      [pool.id, JSON.stringify(pool)],
    );
  }

  deletePool(id: PoolId): void {
    this.#change(`delete pool ${id}`, "DELETE FROM pools WHERE id = ?1", [id]);
  }

  putPoolAddress({ pool, address }: PoolAddress): void {
    this.#change(
      `store address ${address} of pool ${pool}`,
      "INSERT INTO pool_addresses (pool, address) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
      [pool, address],
    );
  }

  deletePoolAddress({ pool, address }: PoolAddress): void {
    this.#change(
      `delete address ${address} of pool ${pool}`,
      "DELETE FROM pool_addresses WHERE pool = ?1 AND address = ?2",
      [pool, address],
    );
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #read<T>(what: string, sql: string, shape: Shape<T>): T[] {
    const rows = this.#attempt(
      `read the state`,
      () => this.#statement(sql).all() as { id: string; document: string }[],
    );
    return rows.map(({ id, document }) => {
      try {
        return shape(JSON.parse(document), "");
      } catch (error) {
        if (!(error instanceof ShapeError || error instanceof SyntaxError)) throw error;
        throw new StoreError("corrupt", corruptSentence(`read ${what} ${id}`, this.path, error.message), {
          cause: error,
        });
      }
    });
  }

  #change(action: string, sql: string, values: readonly SQLQueryBindings[]): void {
    if (this.#depth === 0) this.#flush.check();
    this.#attempt(action, () => this.#statement(sql).run(...values));
    if (this.#depth === 0) this.#flush.request();
  }

  /** A transaction, or a savepoint inside one. */
  #atomic<T>(action: string, body: () => T): T {
    const name = `level_${this.#depth}`;
    const [begin, commit, rollback] =
      this.#depth === 0
        ? ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]
        : [`SAVEPOINT ${name}`, `RELEASE ${name}`, `ROLLBACK TO ${name}; RELEASE ${name}`];
    if (this.#depth === 0) this.#flush.check();
    this.#attempt(action, () => this.#database.run(begin));
    this.#depth += 1;
    try {
      const result = body();
      this.#attempt(action, () => this.#database.run(commit));
      if (this.#depth === 1) this.#flush.request();
      return result;
    } catch (error) {
      // A full disk has SQLite roll back by itself.
      if (this.#database.inTransaction) this.#database.run(rollback);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  #attempt<T>(action: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw storeError(action, this.path, error);
    }
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#flush[Symbol.dispose]();
    for (const statement of this.#statements.values()) statement.finalize(); // one that lives keeps the file and its lock
    this.#database.close();
  }
}
