import type { SandboxView } from "../../contract/mod.ts";
import { networkNames } from "./container.ts";
import { anyOf, FilterError, type FilterKeys, labelFilter, oneOf, patternFilter, readTruth } from "./filters.ts";

/** Docker's words for what a container can be; `paused` and `removing` no sandbox is. */
const STATES = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
const HEALTHS = ["starting", "healthy", "unhealthy", "none"];

/**
 * What `docker ps --filter` takes. Source: moby, daemon/list.go.
 *
 * @param all The sandboxes that `before` and `since` may name.
 */
export function containerFilterKeys(all: readonly SandboxView[]): FilterKeys<SandboxView> {
  return {
    id: patternFilter("id", ({ id }) => [id]),
    name: patternFilter("name", ({ name }) => [name, `/${name}`]),
    label: labelFilter,
    network: anyOf(
      (sandbox, value) =>
        networkNames(sandbox).includes(value) || sandbox.endpoints.some(({ network }) => network.startsWith(value)),
    ),
    status: oneOf("status", STATES, ({ status }, value) => status.state === value),
    health: oneOf("health", HEALTHS, ({ status }, value) => (status.health ?? "none") === value),
    exited: (values) => {
      const codes = values.map((value) => readNumber("exited", value));
      return ({ status: { state, exitCode } }) =>
        state === "exited" && exitCode !== undefined && codes.includes(exitCode);
    },
    publish: portFilter("publish", ({ hostPort }) => hostPort),
    expose: portFilter("expose", ({ sandboxPort }) => sandboxPort),
    before: compareAge("before", all, (created, other) => created < other),
    since: compareAge("since", all, (created, other) => created > other),
    // Of images, volumes and swarms there are none.
    ancestor: () => () => false,
    volume: () => () => false,
    "is-task": (values) => {
      const wanted = readTruth("is-task", values);
      return () => !wanted;
    },
  };
}

function readNumber(key: string, value: string): number {
  if (!/^[+-]?\d{1,9}$/.test(value)) throw new FilterError(key, value, "a whole number");
  return Number(value);
}

/** `PORT[-LAST][/PROTOCOL]`. */
function portFilter(key: string, portOf: (port: SandboxView["ports"][number]) => number) {
  return (values: readonly string[]): ((sandbox: SandboxView) => boolean) => {
    const wanted = values.map((value) => {
      const [, first, last = first, protocol = "tcp"] =
        /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(value) ?? [];
      if (first === undefined) throw new FilterError(key, value, "PORT[-LAST][/PROTOCOL]");
      return { first: Number(first), last: Number(last), protocol };
    });
    return ({ ports }) =>
      ports.some((port) =>
        wanted.some(
          ({ first, last, protocol }) => port.protocol === protocol && portOf(port) >= first && portOf(port) <= last,
        ),
      );
  };
}

/** Beside all of the sandboxes that are named. */
function compareAge(key: string, all: readonly SandboxView[], fits: (created: string, other: string) => boolean) {
  return (values: readonly string[]): ((sandbox: SandboxView) => boolean) => {
    const others = values.map((value) => {
      const found =
        all.find(({ id, name }) => id === value || name === value.replace(/^\//, "")) ??
        all.find(({ id }) => value !== "" && id.startsWith(value));
      if (found === undefined) throw new FilterError(key, value, "the name or the id of one that is there");
      return found.created;
    });
    return ({ created }) => others.every((other) => fits(created, other));
  };
}
