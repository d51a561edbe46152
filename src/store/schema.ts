/** "Weft", in the file's header: tells our state from another program's database. */
export const APPLICATION_ID = 0x57656674;

/**
 * How a state file of version N becomes one of version N + 1; the first makes an empty file ours. Never change one that was released.
 *
 * A row is a JSON document of the model; a column stands beside it only where SQLite itself is to refuse what the engine should have refused
 * before: a name, an address or a published port given twice, an endpoint without its network or sandbox.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE networks (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    bridge TEXT UNIQUE,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sandboxes (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    network TEXT NOT NULL REFERENCES networks (id) DEFERRABLE INITIALLY DEFERRED,
    sandbox TEXT NOT NULL REFERENCES sandboxes (id) DEFERRABLE INITIALLY DEFERRED,
    interface_name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (network, sandbox),
    UNIQUE (sandbox, interface_name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE addresses (
    network TEXT NOT NULL,
    address TEXT NOT NULL,
    endpoint TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (network, address)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX addresses_of_endpoint ON addresses (endpoint);

  CREATE TABLE published (
    protocol TEXT NOT NULL,
    host_address TEXT NOT NULL, -- empty: every address
    host_port INTEGER NOT NULL,
    sandbox TEXT NOT NULL REFERENCES sandboxes (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (protocol, host_address, host_port)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX published_by_sandbox ON published (sandbox);

  CREATE TABLE processes (
    sandbox TEXT PRIMARY KEY REFERENCES sandboxes (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE pools (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pool_addresses (
    pool TEXT NOT NULL REFERENCES pools (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    address TEXT NOT NULL,
    PRIMARY KEY (pool, address)
  ) STRICT, WITHOUT ROWID;
  `,
];
