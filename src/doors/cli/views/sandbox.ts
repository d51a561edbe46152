import type { EndpointView, SandboxView } from "../../../contract/mod.ts";
import { addressFamily, type IpFamily, prefixAddress, prefixLength } from "../../../net/mod.ts";
import type { Colour } from "../table.ts";
import { formatLabels } from "./network.ts";
import { formatAge } from "./time.ts";

/** `Up 3 minutes (healthy)`, `Exited (143) 2 minutes ago`, as Docker says it. */
export function formatStatus({ status }: SandboxView, now: number): string {
  const { state, health, exitCode, startedAt, finishedAt } = status;
  const age = (time: string | undefined): string =>
    time === undefined ? "" : formatAge(Math.max(0, now - Date.parse(time)));
  switch (state) {
    case "created":
      return "Created";
    case "running":
      return (
        `Up ${age(startedAt)}`.trimEnd() +
        (health === undefined ? "" : ` (${health === "starting" ? "health: starting" : health})`)
      );
    case "restarting":
      return `Restarting (${exitCode ?? "?"}) ${age(finishedAt)} ago`;
    case "exited":
      return `Exited (${exitCode ?? "?"})${finishedAt === undefined ? "" : ` ${age(finishedAt)} ago`}`;
    case "dead":
      return "Dead: its namespace is gone";
  }
}

export function statusColour({ status }: SandboxView): Colour | undefined {
  if (status.state === "dead" || status.health === "unhealthy") return "red";
  if (status.state === "restarting" || status.health === "starting") return "yellow";
  return status.state === "running" ? "green" : "dim";
}

/** `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`. */
export function formatPorts({ ports }: SandboxView): string {
  return ports
    .flatMap(({ hostAddress, hostPort, sandboxPort, protocol }) =>
      (hostAddress === undefined ? (["0.0.0.0", "::"] as const) : [hostAddress]).map(
        (address) => `${address.includes(":") ? `[${address}]` : address}:${hostPort}->${sandboxPort}/${protocol}`,
      ),
    )
    .join(", ");
}

/** In quotes and cut short, as in Docker's list. */
export function formatCommand({ process }: SandboxView, { full }: { readonly full: boolean }): string {
  if (process === undefined) return "";
  const text = process.command.join(" ");
  return JSON.stringify(full || text.length <= 20 ? text : `${text.slice(0, 19)}…`);
}

export function addressOf(
  { addresses }: EndpointView,
  family: IpFamily,
): { readonly address: string; readonly lengthBits: number } | undefined {
  const found = addresses.find((each) => addressFamily(prefixAddress(each)) === family);
  return found === undefined ? undefined : { address: prefixAddress(found), lengthBits: prefixLength(found) };
}

interface RowOptions {
  readonly id: string;
  readonly full: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a template sees of a sandbox in a list. Source: docker/cli, cli/command/formatter/container.go. */
export function sandboxRow(sandbox: SandboxView, { id, full, now }: RowOptions): Readonly<Record<string, unknown>> {
  return {
    ID: id,
    Names: sandbox.name,
    Command: formatCommand(sandbox, { full }),
    CreatedAt: sandbox.created,
    RunningFor: `${formatAge(Math.max(0, now - Date.parse(sandbox.created)))} ago`,
    State: sandbox.status.state,
    Status: formatStatus(sandbox, now),
    Ports: formatPorts(sandbox),
    Networks: sandbox.endpoints.map(({ networkName }) => networkName).join(","),
    Labels: formatLabels(sandbox.labels),
    Label: (name: unknown) => sandbox.labels[String(name)] ?? "",
  };
}

export const sandboxHeadings: Readonly<Record<string, unknown>> = {
  ID: "SANDBOX ID",
  Names: "NAMES",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  State: "STATE",
  Status: "STATUS",
  Ports: "PORTS",
  Networks: "NETWORKS",
  Labels: "LABELS",
  Label: (name: unknown) => String(name),
};
