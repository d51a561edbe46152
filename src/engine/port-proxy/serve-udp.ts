import { listFlows } from "../../kernel/conntrack/mod.ts";
import { ipBytes, parseIpAddress } from "../../net/mod.ts";
import { type Connection, openConnection } from "../../netlink/connection/mod.ts";
import { sendFrom6 } from "../../sys/mod.ts";
import { PROXY_PORTS, standIn } from "../ports/mod.ts";
import { descriptorOf } from "./descriptor-of.ts";

type Stand = keyof typeof PROXY_PORTS;
type Target = Bun.udp.ConnectedSocket<"uint8array">;

/** What one port of one asker sends to one port of ours. */
interface Conversation {
  /** Absent until it is found out where it goes, and when it goes nowhere. */
  target?: Target;
  readonly waiting: Uint8Array[];
  lastMs: number;
}

/** As long as the kernel remembers a flow that goes both ways: net.netfilter.nf_conntrack_udp_timeout_stream. */
const REMEMBERED_MS = 120_000;
const MOST_CONVERSATIONS = 4096;
const ASK_AGAIN_AFTER_MS = 1_000;
/** Datagrams that may come before it is known where they go. */
const MOST_WAITING = 16;

/**
 * Datagrams do not say where they were to go before the firewall led them here: the kernel's table of flows does. Answers leave with the
 * address that was led to, or the kernel would not know them for answers.
 *
 * @throws {Error} when somebody else has the port.
 */
export async function serveUdp(whose: Stand): Promise<void> {
  const conversations = new Map<string, Conversation>();
  let netfilter: Connection | undefined;
  const port = PROXY_PORTS[whose];
  const socket = await Bun.udpSocket({
    ...{ hostname: "::", port, binaryType: "uint8array" },
    socket: {
      data(_socket, bytes, askerPort, asker) {
        const key = `${asker} ${askerPort}`;
        const known = conversations.get(key);
        const conversation = known ?? { waiting: [], lastMs: 0 };
        conversation.lastMs = performance.now();
        if (conversation.target !== undefined) return void conversation.target.send(bytes);
        if (conversation.waiting.length < MOST_WAITING) conversation.waiting.push(bytes.slice());
        if (known !== undefined) return;
        if (conversations.size >= MOST_CONVERSATIONS) forgetOldest(conversations);
        conversations.set(key, conversation);
        // Who was led here by nobody is not asked about again at once: it costs a look at all flows.
        open(conversation, { whose, asker, askerPort }).catch(() =>
          setTimeout(() => forget(conversations, key), ASK_AGAIN_AFTER_MS),
        );
      },
    },
  });
  setInterval(() => {
    const oldestMs = performance.now() - REMEMBERED_MS;
    for (const [key, { lastMs }] of conversations) if (lastMs < oldestMs) forget(conversations, key);
  }, REMEMBERED_MS / 8);

  async function open(conversation: Conversation, question: Asked): Promise<void> {
    netfilter ??= openConnection({ protocol: "netfilter" });
    const ends = findEnds(netfilter, question);
    if (ends === undefined) throw new Error(`Cannot find the flow of ${question.asker}`);
    const { hostname, port: asked, ...reply } = ends;
    const target = await Bun.udpSocket({
      connect: { hostname, port: asked },
      binaryType: "uint8array",
      socket: {
        data(_target, bytes) {
          conversation.lastMs = performance.now();
          sendFrom6(descriptorOf(socket), reply.ends, bytes);
        },
        error: () => undefined, // nobody listens there: the asker hears nothing, as with any datagram
      },
    });
    conversation.target = target;
    for (const bytes of conversation.waiting.splice(0)) target.send(bytes);
  }
}

interface Ends {
  readonly hostname: string;
  readonly port: number;
  /** Of the answers. */
  readonly ends: { readonly source: Uint8Array; readonly destination: Uint8Array; readonly port: number };
}

interface Asked {
  readonly whose: Stand;
  readonly asker: string;
  readonly askerPort: number;
}

function findEnds(connection: Connection, { whose, asker, askerPort }: Asked): Ends | undefined {
  const destination = parseIpAddress(asker);
  const reply = { destination, destinationPort: askerPort, sourcePort: PROXY_PORTS[whose] };
  const [flow] = listFlows(connection, { family: "ipv6", protocol: "udp", reply });
  const port = flow?.original.destinationPort;
  if (flow === undefined || port === undefined || !flow.destinationNat) return undefined;
  return {
    hostname: standIn(whose === "every" ? undefined : flow.original.destination),
    port,
    ends: { source: ipBytes(flow.reply.source), destination: ipBytes(destination), port: askerPort },
  };
}

function forget(conversations: Map<string, Conversation>, key: string): void {
  conversations.get(key)?.target?.close();
  conversations.delete(key);
}

/** The one that began first. */
function forgetOldest(conversations: Map<string, Conversation>): void {
  const [oldest] = conversations.keys();
  if (oldest !== undefined) forget(conversations, oldest);
}
