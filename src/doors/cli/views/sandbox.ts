import type { SandboxView } from "../../../contract/mod.ts";
import { formatAge, formatStatus, hostAddresses, networkNames } from "../../docker-shape/mod.ts";
import type { Colour } from "../table.ts";
import { formatLabels } from "./network.ts";

export function statusColour({ status }: SandboxView): Colour | undefined {
  if (status.state === "dead" || status.health === "unhealthy") return "red";
  if (status.state === "restarting" || status.health === "starting") return "yellow";
  return status.state === "running" ? "green" : "dim";
}

/** `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`. */
export function formatPorts({ ports }: SandboxView): string {
  return ports
    .flatMap(({ hostAddress, hostPort, sandboxPort, protocol }) =>
      hostAddresses(hostAddress).map(
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
    Networks: networkNames(sandbox).join(","),
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
