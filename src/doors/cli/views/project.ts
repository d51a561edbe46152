import type { ClientContract, SandboxView } from "../../../contract/mod.ts";
import { formatPortPublication } from "../../../model/mod.ts";
import type { ComposeProject } from "../../compose/mod.ts";
import type { Observed } from "../../compose/plan/mod.ts";

export async function observe(client: ClientContract): Promise<Observed> {
  // One after the other: the first call may have to start a daemon.
  const networks = await client.listNetworks({});
  return { networks, sandboxes: await client.listSandboxes({}) };
}

/** The project as it is now, for programs: field names are stable. */
export async function describeProject(client: ClientContract, project: ComposeProject): Promise<object> {
  const { networks, sandboxes } = await observe(client);
  return {
    project: project.name,
    networks: project.networks.map(({ key, name, external }) => {
      const view = networks.find((network) => network.name === name);
      return { key, name, external, id: view?.id, subnets: view?.subnets.map(({ prefix }) => prefix) ?? [] };
    }),
    services: project.services.map(({ name, sandboxName }) => {
      const view = sandboxes.find((sandbox) => sandbox.name === sandboxName);
      return { service: name, sandbox: sandboxName, ...(view !== undefined && describeSandbox(view)) };
    }),
  };
}

function describeSandbox({ id, status, endpoints, ports }: SandboxView): object {
  return {
    id,
    state: status.state,
    ...(status.health !== undefined && { health: status.health }),
    ...(status.exitCode !== undefined && { exitCode: status.exitCode }),
    addresses: Object.fromEntries(endpoints.map(({ networkName, addresses }) => [networkName, addresses])),
    ports: ports.map(({ protocol, hostAddress, hostPort, sandboxPort }) =>
      formatPortPublication({
        protocol,
        ...(hostAddress !== undefined && { hostAddress }),
        hostPorts: { first: hostPort, last: hostPort },
        sandboxPorts: { first: sandboxPort, last: sandboxPort },
      }),
    ),
  };
}
