import type { ClientContract } from "../../../contract/mod.ts";
import { parseDnsName, parseObjectName } from "../../../model/mod.ts";
import { formatPortRange } from "../../../net/mod.ts";
import type { DockerContainer } from "../../docker-client/mod.ts";
import { defineCommand } from "../command.ts";
import type { Environment } from "../daemon-place.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { joinAttachments, parseAttachment } from "../values/attachments.ts";
import { endpointOptions } from "../values/endpoint-options.ts";
import { parsePublish } from "../values/publish.ts";

export const sandboxAdd = defineCommand({
  name: "sandbox add",
  summary: "Take somebody else's network namespace as a sandbox, and print its id",
  details:
    "Weft gives it interfaces, addresses, routes and names, and takes them back when the sandbox is removed. The namespace belongs to whoever made it; when that goes, the sandbox is dead. A container that was restarted has another namespace: the same command with --docker takes it up again. It keeps Docker's name server.",
  options: {
    netns: option.value("PATH", "A file that opens the namespace, such as /run/netns/blue", parsePath, {
      complete: "file",
    }),
    pid: option.value("PID", "A process that lives in it", wholeNumber(1, 4194304)),
    docker: option.value(
      "CONTAINER",
      "A container of Docker's that runs, by name or id; DOCKER_HOST says where dockerd listens",
      anyText,
    ),
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
    {
      line: "weft sandbox add web --docker web --network backend",
      says: "A container of Docker's, on any network or none",
    },
  ],
  async run({ options, operands, client, host, out }) {
    const { netns, pid, docker, ip, ip6, macAddress, networkAlias: aliases } = options;
    if ([netns, pid, docker].filter((each) => each !== undefined).length !== 1) {
      throw new UsageError(
        `Cannot add sandbox ${operands.name}: want one of --netns PATH, --pid PID and --docker CONTAINER`,
      );
    }
    const container = docker === undefined ? undefined : await findDockerContainer(docker, host.environment);
    if (container !== undefined) await removeDead(client, operands.name, container);
    const sandbox = await client.createSandbox({
      name: operands.name,
      namespace: netns !== undefined ? { kind: "path", path: netns } : { kind: "pid", pid: container?.pid ?? pid ?? 0 },
      networks: joinAttachments(options.network, { ip, ip6, macAddress, aliases }),
      ports: options.publish.map(({ hostPorts, sandboxPorts, ...rest }) => ({
        ...rest,
        ...(hostPorts !== undefined && { hostPorts: formatPortRange(hostPorts) }),
        sandboxPorts: formatPortRange(sandboxPorts),
      })),
      labels: { ...(container !== undefined && { [CONTAINER_LABEL]: container.id }), ...options.label },
    });
    if (options.json) return out.json(sandbox);
    out.line(sandbox.id);
  },
});

/** Which container a sandbox is. */
const CONTAINER_LABEL = "com.docker.container.id";

/** @throws {Refusal} */
async function findDockerContainer(name: string, { DOCKER_HOST }: Environment): Promise<DockerContainer> {
  const { dockerSocket, findContainer } = await import("../../docker-client/mod.ts");
  return await findContainer(dockerSocket(DOCKER_HOST), name);
}

/** A container that was restarted has another namespace, and its sandbox of before is dead: the same command puts it back. */
async function removeDead(client: ClientContract, name: string, { id }: DockerContainer): Promise<void> {
  const found = (await client.listSandboxes({})).find((sandbox) => sandbox.name === name);
  if (found?.status.state !== "dead" || found.labels[CONTAINER_LABEL] !== id) return;
  await client.removeSandbox({ sandbox: found.id, force: true });
}

function parsePath(text: string): string {
  if (!text.startsWith("/")) throw new SyntaxError("want an absolute path");
  return text;
}
