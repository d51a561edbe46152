import type { EngineEvent } from "../../contract/mod.ts";
import { anyOf, dockerDriver, type FilterKeys, type Json, labelFilter, SCOPE } from "../docker-shape/mod.ts";

/** An event as Docker words it. Source: moby, api/types/events. */
export interface DockerEvent {
  readonly Type: "network" | "container";
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  /** Seconds since 1970, and the same in nanoseconds. */
  readonly time: number;
  readonly timeNano: number;
}

/** Nothing for what Docker has no word for. */
export function dockerEvent(event: EngineEvent): DockerEvent | undefined {
  const { time, network = "", networkId = "", driver, sandbox = "", sandboxId = "", labels = {} } = event;
  const milliseconds = Date.parse(time);
  const when = { scope: SCOPE, time: Math.floor(milliseconds / 1000), timeNano: milliseconds * 1e6 };
  const ofNetwork = (Action: string, attributes: Readonly<Record<string, string>> = {}): DockerEvent => ({
    Type: "network",
    Action,
    Actor: {
      ID: networkId,
      Attributes: { ...attributes, name: network, type: driver === undefined ? "" : dockerDriver(driver) },
    },
    ...when,
  });
  const ofContainer = (Action: string, attributes: Readonly<Record<string, string>> = {}): DockerEvent => ({
    Type: "container",
    Action,
    Actor: { ID: sandboxId, Attributes: { ...labels, ...attributes, name: sandbox } },
    ...when,
  });
  switch (event.kind) {
    case "network-create":
      return ofNetwork("create");
    case "network-remove":
      return ofNetwork("destroy");
    case "connect":
    case "disconnect":
      return ofNetwork(event.kind, { container: sandboxId });
    case "sandbox-create":
      return ofContainer("create");
    case "sandbox-start":
      return ofContainer("start");
    case "sandbox-exit":
      return ofContainer("die", { exitCode: `${event.exitCode ?? ""}` });
    case "sandbox-health":
      return ofContainer(`health_status: ${event.detail?.split(":")[0] ?? ""}`);
    case "sandbox-remove":
      return ofContainer("destroy");
    case "repair":
    case "warning":
      return undefined;
  }
}

/** Until API 1.51, and clients of old need them. Source: moby, backFillLegacy. */
export function withLegacyFields(event: DockerEvent): Json {
  if (event.Type !== "container") return { ...event };
  return { status: event.Action, id: event.Actor.ID, from: "", ...event };
}

/** What `docker events --filter` takes; as with Docker, a key that it does not know filters nothing. Source: moby, daemon/events/filter.go. */
export function eventFilterKeys(asked: readonly string[]): FilterKeys<DockerEvent> {
  const about = (type: DockerEvent["Type"]) =>
    anyOf<DockerEvent>(
      ({ Type, Actor }, value) =>
        Type === type && (Actor.ID.startsWith(value) || (Actor.Attributes["name"] ?? "").startsWith(value)),
    );
  const keys: FilterKeys<DockerEvent> = {
    type: anyOf(({ Type }, value) => Type === value),
    event: anyOf(
      ({ Action }, value) => Action === value || (value === "health_status" && Action.startsWith("health_status")),
    ),
    scope: anyOf(({ scope }, value) => scope === value),
    network: about("network"),
    container: about("container"),
    label: (values) => {
      const fits = labelFilter(values);
      return ({ Actor }) => fits({ labels: Actor.Attributes });
    },
    // There are none of these.
    ...Object.fromEntries(
      ["image", "volume", "plugin", "daemon", "service", "node", "secret", "config"].map((key) => [
        key,
        () => () => false,
      ]),
    ),
  };
  const unknown = asked.filter((key) => !Object.hasOwn(keys, key)).map((key) => [key, () => () => true] as const);
  return { ...keys, ...Object.fromEntries(unknown) };
}
