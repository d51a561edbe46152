import { readFileSync, renameSync, rmSync, watch, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ipFromBytes } from "../../net/mod.ts";
import { readIdentity } from "../../processes/process-identity.ts";
import { originalDestination6 } from "../../sys/mod.ts";
import { PROXY_PORTS, standIn } from "../ports/mod.ts";
import { descriptorOf } from "./descriptor-of.ts";
import { serveUdp } from "./serve-udp.ts";

/**
 * The whole process: says on standard output whether it serves. Who started it may be gone by then: it has nobody, and ends.
 *
 * @param file Where to write down who it is, for daemons to come.
 */
export async function runPortProxy(file: string): Promise<void> {
  try {
    servePortProxy();
    await Promise.all([serveUdp("every"), serveUdp("one")]);
    process.on("SIGHUP", () => undefined);
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(readIdentity(process.pid)), { mode: 0o600 });
    renameSync(draft, file);
    // Nobody would find it again, and another could not have its ports.
    watch(dirname(file), { persistent: false }, () => {
      if (!isWrittenDown(file)) process.exit(0);
    });
  } catch (error) {
    const ports = Object.values(PROXY_PORTS).join(" and ");
    writeSync(
      1,
      `Cannot serve ports between IPv6 and IPv4: the proxy needs ports ${ports} of this host: ${error instanceof Error ? error.message : error}\n`,
    );
    process.exit(1);
  }
  try {
    writeSync(1, "ready\n");
  } catch {
    rmSync(file, { force: true });
    process.exit(1);
  }
}

function isWrittenDown(file: string): boolean {
  try {
    return JSON.parse(readFileSync(file, "utf8")).pid === process.pid;
  } catch {
    return false;
  }
}

/** One side of a connection. */
interface Side {
  other: Bun.Socket<Side> | undefined;
  /** What it has sent and the other could not take yet. */
  readonly waiting: Uint8Array[];
  /** It has said its last. */
  ended: boolean;
  /** It has been told that the other has said its last, after all that came before. */
  told: boolean;
}

/** What may wait for a slow reader, in bytes; then its writer is asked to pause. */
const MOST_WAITING = 1 << 20;

/**
 * The proxy of a host, in a process of its own: it goes on without a daemon. What the firewall leads here from an IPv6 address of the host,
 * it sends to the address's IPv4 stand-in, and the firewall leads that to the sandbox; so it has nothing to be told.
 *
 * @throws {Error} when somebody else has its ports.
 */
function servePortProxy(): void {
  for (const [whose, port] of Object.entries(PROXY_PORTS)) {
    Bun.listen<Side>({
      ...{ hostname: "::", port, ipv6Only: true, allowHalfOpen: true },
      socket: {
        ...relay,
        open(client) {
          client.data = side();
          const asked = originalDestination6(descriptorOf(client));
          // Who comes here directly was led by nobody.
          if (asked === undefined || asked.port === port) return client.terminate();
          const target = standIn(whose === "every" ? undefined : ipFromBytes(asked.address));
          return connect(client, target, asked.port);
        },
      },
    });
  }
}

const side = (): Side => ({ other: undefined, waiting: [], ended: false, told: false });

function connect(client: Bun.Socket<Side>, hostname: string, port: number): void {
  client.pause(); // until there is somebody to send it to
  Bun.connect<Side>({
    ...{ hostname, port, allowHalfOpen: true, data: side() },
    socket: {
      ...relay,
      open(server) {
        if (client.data.told) return server.terminate(); // the asker has gone meanwhile
        server.data.other = client;
        client.data.other = server;
        client.resume();
        return undefined;
      },
      connectError: () => client.terminate(),
    },
  }).catch(() => client.terminate());
}

/** The same for both sides. */
const relay: Bun.SocketHandler<Side> = {
  data(from, bytes) {
    const { other } = from.data;
    if (other === undefined) return;
    from.data.waiting.push(new Uint8Array(bytes));
    flush(from, other);
  },
  drain(to) {
    const { other: from } = to.data;
    if (from !== undefined) flush(from, to);
  },
  end(from) {
    from.data.ended = true;
    const { other } = from.data;
    if (other === undefined) from.terminate();
    else flush(from, other);
  },
  close(from) {
    // It takes nothing any more, but what it has sent goes on its way.
    from.data.ended = true;
    from.data.told = true;
    const { other } = from.data;
    if (other !== undefined) flush(from, other);
  },
  error(socket) {
    socket.data.other?.terminate();
  },
};

function flush(from: Bun.Socket<Side>, to: Bun.Socket<Side>): void {
  const { waiting } = from.data;
  for (let bytes = waiting[0]; bytes !== undefined; bytes = waiting[0]) {
    const written = to.write(bytes);
    if (written < 0) {
      to.terminate();
      return;
    }
    if (written < bytes.length) {
      waiting[0] = bytes.subarray(written);
      break;
    }
    waiting.shift();
  }
  const left = waiting.reduce((sum, { length }) => sum + length, 0);
  if (left > MOST_WAITING) from.pause();
  else if (!from.data.ended) from.resume();
  if (left > 0 || !from.data.ended) return;
  if (!to.data.told) to.shutdown();
  to.data.told = true;
  if (!from.data.told) return;
  from.end();
  to.end();
}
