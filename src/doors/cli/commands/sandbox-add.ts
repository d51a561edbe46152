import { parseDnsName, parseObjectName } from "../../../model/mod.ts";
import { formatPortRange } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { joinAttachments, parseAttachment } from "../values/attachments.ts";
import { endpointOptions } from "../values/endpoint-options.ts";
import { parsePublish } from "../values/publish.ts";

export const sandboxAdd = defineCommand({
  name: "sandbox add",
  summary: "Take somebody else's network namespace as a sandbox, and print its id",
  details:
    "Weft gives it interfaces, addresses, routes and names, and takes them back when the sandbox is removed. The namespace belongs to whoever made it; when that goes, the sandbox is dead.",
  options: {
    netns: option.value("PATH", "A file that opens the namespace, such as /run/netns/blue", parsePath, {
      complete: "file",
    }),
    pid: option.value("PID", "A process that lives in it", wholeNumber(1, 4194304)),
    network: option.list("NETWORK", "A network, or name=NETWORK,ip=ADDRESS,alias=NAME,…", parseAttachment, {
      also: ["--net"],
      complete: "network",
    }),
    ...endpointOptions,
    networkAlias: option.list("NAME", "Another name on the first network", parseDnsName, { also: ["--alias"] }),
    publish: option.list(
      "[ADDRESS:][PORT:]PORT[/PROTOCOL]",
      "Lead a port of the host to one of the sandbox",
      parsePublish,
      { short: "p" },
    ),
    label: option.map("A label", { short: "l" }),
  },
  operands: { name: operand.one("NAME", parseObjectName) },
  examples: [
    { line: "weft sandbox add blue --netns /run/netns/blue --network backend", says: "A namespace that ip netns made" },
    { line: "weft sandbox add vm --pid 4711 --network name=backend,ip=10.1.0.9", says: "The one of a process" },
  ],
  async run({ options, operands, client, out }) {
    const { netns, pid, ip, ip6, macAddress, networkAlias: aliases } = options;
    if ((netns === undefined) === (pid === undefined)) {
      throw new UsageError(`Cannot add sandbox ${operands.name}: want one of --netns PATH and --pid PID`);
    }
    const sandbox = await client.createSandbox({
      name: operands.name,
      namespace: netns !== undefined ? { kind: "path", path: netns } : { kind: "pid", pid: pid ?? 0 },
      networks: joinAttachments(options.network, { ip, ip6, macAddress, aliases }),
      ports: options.publish.map(({ hostPorts, sandboxPorts, ...rest }) => ({
        ...rest,
        ...(hostPorts !== undefined && { hostPorts: formatPortRange(hostPorts) }),
        sandboxPorts: formatPortRange(sandboxPorts),
      })),
      labels: options.label,
    });
    if (options.json) return out.json(sandbox);
    out.line(sandbox.id);
  },
});

function parsePath(text: string): string {
  if (!text.startsWith("/")) throw new SyntaxError("want an absolute path");
  return text;
}
