import { parseDuration } from "../../lib/mod.ts";
import {
  parseHostname,
  parseObjectName,
  parseResolverOption,
  parseSearchDomain,
  type RestartPolicy,
} from "../../model/mod.ts";
import { parseIpAddress } from "../../net/mod.ts";
import { type LocatedAttachment, readNetworking } from "./attachments.ts";
import { checkKeys, type Warn } from "./check-keys.ts";
import { readCommand } from "./command.ts";
import { formatPosition } from "./compose-error.ts";
import type { ComposeNetworking, ComposeService } from "./compose-project.ts";
import { type LocatedDependency, readDependsOn, startedDependency } from "./dependencies.ts";
import { readEnvironment, readLabelFiles, type Surroundings } from "./environment.ts";
import { readExtraHosts } from "./extra-hosts.ts";
import {
  child,
  type Field,
  integerOf,
  type KeyedField,
  located,
  parsedOf,
  refuse,
  textMapOf,
  textOf,
  textsOf,
  unexpected,
} from "./field.ts";
import { readHealthcheck } from "./healthcheck.ts";
import { DEPLOY_KEYS, RESTART_POLICY_KEYS, SERVICE_KEYS } from "./key-tables.ts";
import { type Link, readLinks } from "./links.ts";
import { resolvePath } from "./path.ts";
import { checkExpose, type LocatedPublication, readPorts } from "./ports.ts";
import { parseRestart } from "./restart.ts";

export interface ServiceContext extends Surroundings {
  readonly project: string;
}

/** A service, and what the checks across services need to know of where it came from. */
export interface ReadService {
  readonly name: string;
  readonly service: Omit<ComposeService, "dependencies">;
  readonly field: KeyedField;
  readonly attachments: readonly LocatedAttachment[];
  readonly dependencies: readonly LocatedDependency[];
  readonly ports: readonly LocatedPublication[];
  readonly links: readonly Link[];
}

const LONGEST_STOP_MS = 3_600_000;

/** One entry of `services`; other services are not looked at. */
export function readService(field: KeyedField, context: ServiceContext): ReadService {
  const { warn, directory } = context;
  checkKeys(field, SERVICE_KEYS, warn);
  checkScale(field, warn);
  const { networking, attachments, mode } = readNetworking(field, warn);
  const ports = readPorts(child(field, "ports"), warn);
  checkExpose(child(field, "expose"));
  checkMode(field, networking, warn);
  const links = readLinks(child(field, "links"));
  const dependencies = mergeDependencies([
    ...readDependsOn(child(field, "depends_on"), warn),
    ...links.map((link) => startedDependency(link.service, link.field)),
    ...(networking.kind === "service" && mode !== undefined ? [startedDependency(networking.service, mode)] : []),
  ]);
  const read = {
    user: child(field, "user"),
    hostname: child(field, "hostname"),
    domainname: child(field, "domainname"),
    signal: child(field, "stop_signal"),
    containerName: child(field, "container_name"),
    workingDirectory: child(field, "working_dir"),
  };
  const healthcheck = readHealthcheck(child(field, "healthcheck"), warn);
  const service: Omit<ComposeService, "dependencies"> = {
    name: field.key,
    position: field.keyPosition,
    sandboxName:
      read.containerName === undefined
        ? located(field, () => parseObjectName(`${context.project}-${field.key}-1`))
        : parsedOf(read.containerName, parseObjectName),
    command: readCommand(field, warn),
    environment: readEnvironment(field, context),
    workingDirectory: resolvePath(
      directory,
      read.workingDirectory === undefined ? "." : textOf(read.workingDirectory, "a path"),
    ),
    ...(read.user !== undefined && { user: parsedOf(read.user, parseUser) }),
    ...(read.hostname !== undefined && { hostname: parsedOf(read.hostname, parseHostname) }),
    ...(read.domainname !== undefined && { domainname: parsedOf(read.domainname, parseHostname) }),
    labels: { ...readLabelFiles(child(field, "label_file"), context), ...textMapOf(child(field, "labels")) },
    profiles: readTexts(child(field, "profiles")),
    networking,
    // Where the process uses the host's own ports, there is nothing to publish.
    ports: networking.kind === "host" ? [] : ports.map(({ publication }) => publication),
    resolver: {
      servers: fieldsOf(child(field, "dns")).map((item) => parsedOf(item, parseIpAddress, "an address")),
      search: fieldsOf(child(field, "dns_search")).map((item) => parsedOf(item, parseSearchDomain)),
      options: fieldsOf(child(field, "dns_opt")).map((item) => parsedOf(item, parseResolverOption)),
    },
    extraHosts: readExtraHosts(child(field, "extra_hosts")),
    ...(healthcheck !== undefined && { healthcheck }),
    restart: readRestart(field, warn),
    stopSignal: read.signal === undefined ? "SIGTERM" : parsedOf(read.signal, parseSignal),
    stopTimeoutMs: readStopTimeout(child(field, "stop_grace_period")),
  };
  return {
    name: field.key,
    service,
    field,
    attachments,
    dependencies,
    ports: networking.kind === "host" ? [] : ports,
    links,
  };
}

function fieldsOf(field: Field | undefined): readonly Field[] {
  return field === undefined ? [] : textsOf(field);
}

function readTexts(field: Field | undefined): readonly string[] {
  return fieldsOf(field).map((item) => textOf(item));
}

/** What needs a sandbox, or a network, of the service's own. */
function checkMode(field: KeyedField, networking: ComposeNetworking, warn: Warn): void {
  const ports = child(field, "ports");
  switch (networking.kind) {
    case "networks":
      return;
    case "host":
      if (ports !== undefined) {
        warn(
          `${formatPosition(ports.keyPosition)}: ${ports.path} is ignored: with "network_mode: host" the process has the host's own ports`,
        );
      }
      return;
    case "none":
      if (ports !== undefined) throw refuse(ports, 'nothing can be published with "network_mode: none": want no ports');
      return;
    case "service":
      for (const key of [
        "ports",
        "hostname",
        "domainname",
        "dns",
        "dns_search",
        "dns_opt",
        "extra_hosts",
        "links",
        "mac_address",
      ]) {
        const found = child(field, key);
        if (found === undefined) continue;
        throw refuse(
          found,
          `the service lives in the sandbox of ${JSON.stringify(networking.service)}: want ${key} there`,
        );
      }
  }
}

function checkScale(field: Field, warn: Warn): void {
  const deploy = child(field, "deploy");
  if (deploy !== undefined) checkKeys(deploy, DEPLOY_KEYS, warn);
  for (const count of [child(field, "scale"), deploy && child(deploy, "replicas")]) {
    if (count === undefined) continue;
    const replicas = integerOf(count, { least: 0, most: 1_000_000 });
    if (replicas !== 1) throw refuse(count, `Weft runs one process of each service: got ${replicas}, want 1`);
  }
}

function readRestart(field: Field, warn: Warn): RestartPolicy {
  const restart = child(field, "restart");
  if (restart !== undefined) {
    const { policy, limit } = parsedOf(restart, parseRestart);
    if (limit !== undefined) {
      warn(
        `${formatPosition(restart.node.position)}: ${restart.path}: the limit of ${limit} is ignored: Weft keeps restarting`,
      );
    }
    return policy;
  }
  const deploy = child(field, "deploy");
  const policy = deploy && child(deploy, "restart_policy");
  if (policy === undefined) return "no";
  checkKeys(policy, RESTART_POLICY_KEYS, warn);
  const condition = child(policy, "condition");
  const text = condition === undefined ? "any" : textOf(condition);
  switch (text) {
    case "none":
      return "no";
    case "on-failure":
      return "on-failure";
    case "any":
      return "always";
    default:
      throw unexpected(condition ?? policy, "none, on-failure or any");
  }
}

function readStopTimeout(field: Field | undefined): number {
  if (field === undefined) return 10_000;
  const timeout = parsedOf(field, parseDuration, "a duration, such as 10s");
  if (timeout > LONGEST_STOP_MS) throw unexpected(field, "at most 1h");
  return timeout;
}

/** `SIGTERM`, or without `SIG`, or in lower case. */
function parseSignal(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, "");
  if (!/^[A-Z][A-Z0-9]{1,9}$/.test(name)) {
    throw new SyntaxError(`Cannot parse signal ${JSON.stringify(text)}: want a name, such as SIGTERM`);
  }
  return `SIG${name}`;
}

function parseUser(text: string): string {
  if (!/^[^:\s]{1,64}(:[^:\s]{1,64})?$/.test(text)) {
    throw new SyntaxError(`Cannot parse user ${JSON.stringify(text)}: want NAME[:GROUP] or UID[:GID]`);
  }
  return text;
}

/** One for each service: `depends_on` tells more than a link does. */
function mergeDependencies(all: readonly LocatedDependency[]): readonly LocatedDependency[] {
  const merged = new Map<string, LocatedDependency>();
  for (const dependency of all) {
    const earlier = merged.get(dependency.service);
    merged.set(
      dependency.service,
      earlier === undefined ? dependency : { ...earlier, required: earlier.required || dependency.required },
    );
  }
  return [...merged.values()];
}
