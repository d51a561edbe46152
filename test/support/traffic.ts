import { parseIpAddress } from "../../src/net/mod.ts";
import { inPlace, type Place, run } from "./command.ts";
import { waitFor } from "./wait-for.ts";

/** Not socat: its `UDP-RECVFROM,fork` now and then answers nobody any more when several ask at once. */
const UDP_SERVER = `
import socket, sys
name, port = sys.argv[1], int(sys.argv[2])
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
server.bind(("::", port))
while True:
    _, peer = server.recvfrom(2048)
    server.sendto(f"{name} {peer[0]}\\n".encode(), peer)
`;

/** What a server of `serve` said to a client: which it is, and whom it saw. */
export interface Answer {
  readonly by: string;
  readonly from: string;
}

export interface Service {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
}

/**
 * How long a packet that is expected may take, and how long one that is not is waited for. The first is generous, since
 * machines that run tests are busy; the second is what every test of a refusal costs.
 */
const PATIENCE_SECONDS = { expected: 8, unexpected: 1 } as const;

/** Whether an echo request is answered; `expected` says only how long to wait. */
export async function pings(from: Place, address: string, { expected }: { expected: boolean }): Promise<boolean> {
  const wait = expected ? PATIENCE_SECONDS.expected : PATIENCE_SECONDS.unexpected;
  const { exitCode, stderr } = await run(from, `ping -n -q -c 1 -W ${wait} ${address}`);
  if (exitCode > 1 && !/unreachable/i.test(stderr)) throw new Error(`Cannot ping ${address}: ${stderr}`);
  return exitCode === 0;
}

/** Servers on a port of every address of a place, TCP and UDP, that say their name and whom they see. */
export async function serve(place: Place, name: string, ports: readonly number[]): Promise<AsyncDisposable> {
  // It reads first: a connection closed with something unread is reset, and the answer lost. When the question has ended, socat
  // gives the shell half a second for the answer unless told otherwise: a busy machine has not started it by then.
  const say = `SYSTEM:read question; echo ${name} $SOCAT_PEERADDR`;
  const children = ports.flatMap((port) =>
    [
      [
        "socat",
        "-t",
        String(PATIENCE_SECONDS.expected),
        `TCP6-LISTEN:${port},ipv6only=0,fork,reuseaddr,backlog=64`,
        say,
      ],
      ["python3", "-c", UDP_SERVER, name, String(port)],
    ].map((command) => Bun.spawn(inPlace(place, command), { stdin: "ignore", stdout: "ignore", stderr: "ignore" })),
  );
  await waitFor(
    async () => {
      const { stdout } = await run(place, "ss -Hlntu");
      const open = stdout.split("\n").map((line) => line.trim().split(/\s+/)[4] ?? "");
      return ports.every((port) => open.filter((address) => address.endsWith(`:${port}`)).length >= 2);
    },
    { timeoutMs: 15_000, what: `servers of ${name} on ${ports.join(", ")}` },
  );
  return {
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map((child) => child.exited));
    },
  };
}

/** Asks a server of `serve`. @returns Nothing when none answers. */
export async function ask(
  from: Place,
  { protocol, address, port }: Service,
  { expected }: { expected: boolean },
): Promise<Answer | undefined> {
  const wait = expected ? PATIENCE_SECONDS.expected : PATIENCE_SECONDS.unexpected;
  const ipv6 = address.includes(":");
  const target = `${protocol.toUpperCase()}${ipv6 ? 6 : 4}:${ipv6 ? `[${address}]` : address}:${port}`;
  const options = protocol === "tcp" ? `,connect-timeout=${wait}` : "";
  const child = Bun.spawn(inPlace(from, ["socat", "-t", String(wait), "-", `${target}${options}`]), {
    stdin: new TextEncoder().encode("?\n"),
    stdout: "pipe",
    stderr: "ignore",
  });
  let line = "";
  for await (const chunk of child.stdout) {
    line += new TextDecoder().decode(chunk);
    if (line.includes("\n")) break; // UDP has no end: the first line is all
  }
  child.kill("SIGKILL");
  await child.exited;
  const [by, peer] = line.trim().split(" ");
  return by === undefined || peer === undefined ? undefined : { by, from: readPeer(peer) };
}

/** socat writes IPv6 in brackets and in full, and IPv4 mapped into it. */
function readPeer(text: string): string {
  const address = parseIpAddress(text.replace(/^\[(.*)\]$/, "$1"));
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
