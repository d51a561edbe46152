import {
  PredefinedNetwork,
  parseDnsName,
  parseHostname,
  parseObjectName,
  parseResolverOption,
  parseSearchDomain,
} from "../../../model/mod.ts";
import { formatPortRange, parseIpAddress } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { type Attachment, joinAttachments, parseAttachment } from "../values/attachments.ts";
import { endpointOptions, linkOptions } from "../values/endpoint-options.ts";
import { parseVariable, readEnvironment } from "../values/environment.ts";
import { parseExposed, publishExposed } from "../values/exposed.ts";
import { parseExtraHost } from "../values/extra-host.ts";
import { runInForeground } from "../values/foreground.ts";
import { healthcheckOf, healthOptions } from "../values/health.ts";
import { notServed } from "../values/not-served.ts";
import { parsePublish } from "../values/publish.ts";
import { parseSignal } from "../values/signal.ts";

const SHARED = "container:";

export const run = defineCommand({
  name: "run",
  summary: "Run a program in a sandbox of its own",
  details:
    "The program sees this machine's files, and the network of its sandbox. Without --detach its output is shown here, Ctrl-C asks it to end, and weft run ends as it ends. A second Ctrl-C does not wait for that.",
  options: {
    name: option.value("NAME", "The sandbox's name (default: the program's and a random number)", parseObjectName),
    detach: option.flag("Print the sandbox's id and leave it running", { short: "d" }),
    rm: option.flag("Remove the sandbox when its program has ended"),
    network: option.list(
      "NETWORK",
      "A network, host, none, container:SANDBOX, or name=NETWORK,ip=ADDRESS,alias=NAME,… (default: bridge)",
      parseAttachment,
      {
        also: ["--net"],
        complete: "network",
      },
    ),
    ...endpointOptions,
    ...linkOptions,
    networkAlias: option.list("NAME", "Another name on the first network", parseDnsName, {
      also: ["--net-alias", "--alias"],
    }),
    publish: option.list(
      "[ADDRESS:][PORT:]PORT[/PROTOCOL]",
      "Lead a port of the host to one of the sandbox",
      parsePublish,
      { short: "p" },
    ),
    expose: option.list("PORT[-LAST][/PROTOCOL]", "A port that the program serves, for --publish-all", parseExposed),
    publishAll: option.flag("Lead a free port of the host to each exposed one", { short: "P" }),
    dns: option.list("ADDRESS", "Ask this name server instead of the host's", parseIpAddress),
    dnsSearch: option.list("DOMAIN", "Look for short names in this domain; . for none", parseSearchDomain),
    dnsOption: option.list("OPTION", "An option of resolv.conf, such as ndots:1", parseResolverOption, {
      also: ["--dns-opt"],
    }),
    hostname: option.value(
      "NAME",
      "What the program's machine is called (default: the sandbox's short id)",
      parseHostname,
      { short: "h" },
    ),
    domainname: option.value("NAME", "Its NIS domain name", parseHostname),
    addHost: option.list(
      "NAME:ADDRESS",
      "A line of /etc/hosts; host-gateway is the host's own address",
      parseExtraHost,
    ),
    env: option.list("NAME[=VALUE]", "A variable; a name alone takes your own value", parseVariable, { short: "e" }),
    envFile: option.list("FILE", "Read variables from a file of NAME=VALUE lines", anyText, { complete: "file" }),
    workdir: option.value("DIRECTORY", "Working directory (default: this one)", anyText, {
      short: "w",
      complete: "directory",
    }),
    user: option.value("USER[:GROUP]", "Run as this user (default: root)", anyText, { short: "u" }),
    label: option.map("A label", { short: "l" }),
    restart: option.oneOf(["no", "always", "on-failure", "unless-stopped"], "When to start it again (default: no)"),
    ...healthOptions,
    stopSignal: option.value("SIGNAL", "What asks it to end (default: SIGTERM)", parseSignal),
    stopTimeout: option.value(
      "SECONDS",
      "How long it may take before it is killed (default: 10)",
      wholeNumber(0, 3600),
    ),
    ...notServed,
  },
  operands: { command: operand.command("COMMAND") },
  program: true,
  exitCodes: "program",
  examples: [
    {
      line: "weft run -d --name web --network frontend -p 8080:80 -- nginx -g 'daemon off;'",
      says: "In the background, reached from outside at port 8080",
    },
    { line: "weft run --rm --network backend -- curl http://api/", says: "Ask a neighbour by name, once" },
    {
      line: "weft run -d --name db --network name=data,ip=10.1.0.7,alias=postgres -- postgres",
      says: "With an address and another name",
    },
  ],
  async run({ options, operands, client, out, host, interrupted }) {
    const { command } = operands;
    if (options.rm && options.restart !== undefined && options.restart !== "no") {
      throw new UsageError(
        `Cannot use --rm with --restart ${options.restart}: it would be removed and started again, want one of them`,
      );
    }
    const { networkAlias: aliases, ip, ip6, macAddress, linkLocalIp: linkLocalAddresses, link: links } = options;
    const place = readPlace(
      options.network.length === 0 ? [parseAttachment(PredefinedNetwork.bridge)] : options.network,
    );
    const healthcheck = healthcheckOf(options);
    const exposed = options.publishAll ? publishExposed(options.expose, options.publish) : [];
    const publications = [...options.publish, ...exposed];
    const request = {
      name: options.name ?? inventName(command),
      ...place,
      networks: joinAttachments(place.networks, { ip, ip6, macAddress, aliases, linkLocalAddresses, links }),
      ...(options.hostname !== undefined && { hostname: options.hostname }),
      ...(options.domainname !== undefined && { domainname: options.domainname }),
      resolver: {
        servers: [...options.dns],
        search: [...options.dnsSearch],
        options: [...options.dnsOption],
      },
      extraHosts: [...options.addHost],
      ports: publications.map(({ hostPorts, sandboxPorts, ...rest }) => ({
        ...rest,
        ...(hostPorts !== undefined && { hostPorts: formatPortRange(hostPorts) }),
        sandboxPorts: formatPortRange(sandboxPorts),
      })),
      labels: options.label,
      process: {
        command: [...command],
        environment: readEnvironment(options, host.environment),
        workingDirectory: options.workdir ?? host.directory,
        ...(options.user !== undefined && { user: options.user }),
        ...(options.stopSignal !== undefined && { stopSignal: options.stopSignal }),
        ...(options.stopTimeout !== undefined && { stopTimeoutMs: options.stopTimeout * 1000 }),
        ...(options.restart !== undefined && { restart: options.restart }),
        ...(healthcheck !== undefined && { healthcheck }),
      },
    };
    if (!options.detach)
      return runInForeground({ client, out, interrupted }, { request, remove: options.rm, json: options.json });
    const sandbox = await client.createSandbox({ ...request, autoRemove: options.rm });
    if (options.json) out.json(sandbox);
    else out.line(sandbox.id);
    return undefined;
  },
});

interface SandboxPlace {
  readonly namespace?: { readonly kind: "shared"; readonly sandbox: string };
  readonly networks: readonly Attachment[];
}

/** `container:NAME` is no network but somebody's namespace. */
function readPlace(attachments: readonly Attachment[]): SandboxPlace {
  const shared = attachments.find(({ network }) => network.startsWith(SHARED));
  if (shared === undefined) return { networks: attachments };
  if (attachments.length > 1) {
    throw new UsageError(
      `Cannot use --network ${shared.network} with others: the sandbox has the networks of the one that it shares`,
    );
  }
  return { namespace: { kind: "shared", sandbox: shared.network.slice(SHARED.length) }, networks: [] };
}

/** Long enough that two of the same program hardly meet. */
function inventName([program = ""]: readonly string[]): string {
  const base = (program.split("/").at(-1) ?? "").replace(/[^A-Za-z0-9_.-]/g, "").replace(/^[^A-Za-z0-9]+/, "");
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, "0"));
  return `${base === "" ? "sandbox" : base.slice(0, 32)}-${digits.join("")}`;
}
