import type { SandboxView } from "../../contract/mod.ts";
import { formatAge } from "./age.ts";

/** `Up 3 minutes (healthy)`, `Exited (143) 2 minutes ago`, as Docker says it. */
export function formatStatus({ status, process, created }: SandboxView, now: number): string {
  const { state, health, exitCode, finishedAt } = status;
  const startedAt = process === undefined ? created : status.startedAt; // without a program, it is up from the start
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
