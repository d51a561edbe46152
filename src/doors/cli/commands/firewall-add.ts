import {
  connectionStates,
  firewallHooks,
  packetProtocols,
  parseNatDestination,
  parsePacketMark,
  type RuleAction,
  type RuleField,
  RuleFieldError,
} from "../../../firewall-rules/mod.ts";
import { parseAddressOrPrefix, parseLinkName, parsePortRange } from "../../../net/mod.ts";
import { addFirewallRule } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails, ifNotExistsOption } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { required } from "../values/required.ts";
import { wordOf } from "../values/words.ts";

const actions = ["accept", "drop", "reject", "masquerade", "dnat", "snat"] as const;

export const firewallAdd = defineCommand({
  name: "firewall add",
  summary: "Add a rule to the firewall of a namespace, in the words of iptables and nft",
  details: `CHAIN is input, forward, output, prerouting or postrouting; ACTION is accept, drop, reject, masquerade, dnat or snat. A packet must have all that is given. Of addresses of both families it is two rules. Rules stand in table inet weft-rules, which goes with the last of them; those of forward stand in chain admin of table inet weft where Weft's networks are, which is asked first there. Everybody else's firewalls stay as they are, and a packet must pass them as well. ${changeDetails} What is printed are handles, for weft firewall rm.`,
  options: {
    in: placeOption,
    protocol: option.value("PROTOCOL", packetProtocols.join(", "), wordOf(packetProtocols), {
      short: "p",
      complete: packetProtocols,
    }),
    port: option.list("PORT[-PORT]", "To this port, or one of several with commas", parsePortRange, {
      also: ["--dport", "--destination-port"],
      commas: true,
    }),
    sourcePort: option.list("PORT[-PORT]", "From this port", parsePortRange, { also: ["--sport"], commas: true }),
    source: option.list("PREFIX", "From there", parseAddressOrPrefix, { short: "s", also: ["--from"], commas: true }),
    destination: option.list("PREFIX", "To there", parseAddressOrPrefix, { short: "d", commas: true }),
    inInterface: option.list("LINK", "That came in by this link", parseLinkName, {
      short: "i",
      also: ["--iif"],
      commas: true,
      complete: "link",
    }),
    outInterface: option.list("LINK", "That leave by this link", parseLinkName, {
      short: "o",
      also: ["--oif"],
      commas: true,
      complete: "link",
    }),
    state: option.list("STATE", connectionStates.join(", "), wordOf(connectionStates), {
      also: ["--ctstate"],
      commas: true,
      complete: connectionStates,
    }),
    mark: option.value("MARK[/MASK]", "With this firewall mark", parsePacketMark),
    to: option.value("ADDRESS[:PORT]", "dnat, snat: where to, or from", parseNatDestination, {
      also: ["--to-destination", "--to-source"],
    }),
    comment: option.value("TEXT", "A note, which weft firewall ls and nft show", parseComment),
    first: option.flag("Before the chain's other rules, not behind them", { also: ["--insert"] }),
    ifNotExists: ifNotExistsOption,
  },
  operands: {
    chain: operand.one("CHAIN", wordOf(firewallHooks), firewallHooks),
    action: operand.one("ACTION", wordOf(actions), actions),
  },
  daemon: "ask",
  examples: [
    {
      line: "weft firewall add input accept -p tcp --port 80,443 --in red",
      says: "Then: weft firewall policy input drop --in red",
    },
    {
      line: "weft firewall add forward accept -i veth-blue-red -o veth-blue-green --in blue",
      says: "From one link to another",
    },
    {
      line: "weft firewall add postrouting masquerade -o veth-ns --in red",
      says: "Leave with this namespace's address",
    },
    { line: "weft firewall add prerouting dnat -p tcp --port 8080 --to 10.0.0.2:80", says: "A port leads elsewhere" },
    { line: "weft firewall add forward drop -i eth0 --comment 'nobody from outside'", says: "What DOCKER-USER is for" },
  ],
  async run({ options, operands, client, out, host }) {
    const { comment, first, ifNotExists, protocol, mark } = options;
    const { chain: hook } = operands;
    const action = readAction(operands.action, options.to);
    const packet = {
      ...{ protocol, mark },
      ports: some(options.port),
      sourcePorts: some(options.sourcePort),
      source: some(options.source),
      destination: some(options.destination),
      in: some(options.inInterface),
      out: some(options.outInterface),
      states: some(options.state),
    };
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const added = asUsage(() =>
      addFirewallRule(place, { rule: { hook, packet, action, comment, counted: true }, first, ifNotExists }),
    );
    if (options.json) out.json(added);
    else out.lines(added.map(({ handle }) => String(handle)));
  },
});

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function readAction(
  kind: (typeof actions)[number],
  to: Extract<RuleAction, { readonly to: unknown }>["to"] | undefined,
): RuleAction {
  if (kind === "dnat" || kind === "snat") return { kind, to: required(to, `firewall add ${kind}`, "--to") };
  if (to !== undefined) throw new UsageError(`Cannot use --to: ${kind} leads nowhere else, want dnat or snat`);
  return { kind };
}

const flags: Readonly<Record<RuleField, string>> = {
  protocol: "--protocol",
  ports: "--port",
  sourcePorts: "--source-port",
  source: "--source",
  destination: "--destination",
  in: "--in-interface",
  out: "--out-interface",
  states: "--state",
  mark: "--mark",
  to: "--to",
  action: "ACTION",
};

/** A part of the rule is the caller's, by the name that it was given by. */
function asUsage<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof RuleFieldError)) throw error;
    const what = error.field === undefined ? "add firewall rule" : `use ${flags[error.field]}`;
    throw new UsageError(`Cannot ${what}: ${error.message}`);
  }
}

/** @throws {SyntaxError} */
function parseComment(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > 120) throw new SyntaxError(`want at most 120 bytes, it has ${bytes}`);
  // nft writes it between quotes, and could not read such a list again.
  if (/["\p{Cc}]/u.test(text)) throw new SyntaxError("want no quotation mark and no control character");
  return text;
}
