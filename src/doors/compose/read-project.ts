import { PredefinedNetwork } from "../../model/mod.ts";
import { DEFAULT_NETWORK, isOnDefault } from "./attachments.ts";
import { checkAddresses, checkSubnets } from "./check-addresses.ts";
import { checkKeys, suggest, type Warn } from "./check-keys.ts";
import { checkHostPorts } from "./check-ports.ts";
import type { ComposeDependency, ComposeNetwork, ComposeProject, ComposeService } from "./compose-project.ts";
import { type ComposeFile, parseDocuments } from "./document.ts";
import { parseDotenv } from "./dotenv.ts";
import { dotenvOf } from "./environment.ts";
import { resolveExtends } from "./extends.ts";
import { child, entriesOf, type Field, type KeyedField, refuse, refuseKey } from "./field.ts";
import type { Variables } from "./interpolate.ts";
import { interpolateTree } from "./interpolate-tree.ts";
import { PROJECT_KEYS } from "./key-tables.ts";
import { applyLinks } from "./links.ts";
import { mergeTrees, settleTags } from "./merge.ts";
import { plainNetwork, readNetwork } from "./network.ts";
import type { MapNode } from "./node.ts";
import { orderByDependency } from "./order.ts";
import { projectName } from "./project-name.ts";
import { activeProfiles, selectServices, withDependencies } from "./selection.ts";
import { type ReadService, readService } from "./service.ts";

export interface ComposeInput {
  /** At least one, in the order of `-f`. Paths are as the user wrote them: errors show them. */
  readonly files: readonly ComposeFile[];
  /** Absolute: the first file's directory, or what `--project-directory` says. Relative paths start here. */
  readonly directory: string;
  /** The caller's environment. It wins over `dotenvs`. */
  readonly environment: Variables;
  /** `.env` files or what `--env-file` names; the earlier wins. */
  readonly dotenvs?: readonly ComposeFile[];
  /** Of `--profile`; `*` is all of them. Without any, those of `COMPOSE_PROFILES`. */
  readonly profiles?: readonly string[];
  /** Only these and what they depend on; their profiles become active. */
  readonly services?: readonly string[];
  /** `-p`. */
  readonly projectName?: string;
  /** Reads what `env_file`, `label_file` and `extends` name, by absolute path; `undefined` when there is no such file. */
  readonly readText: (path: string) => string | undefined;
}

/**
 * Reads a project out of Compose files: parses, fills in variables, merges, checks.
 *
 * @throws {ComposeError} names file, line, column, field, value and what was wanted.
 * @throws {SyntaxError} for what is wrong outside the files, such as the project's name.
 */
export function readComposeProject(input: ComposeInput): ComposeProject {
  const warnings = new Set<string>();
  const warn: Warn = (sentence) => warnings.add(sentence);
  const { documents, name, variables } = open(input);
  const tree = mergeDocuments(documents, { ...input, environment: variables }, warn);
  const root: Field = { node: tree, path: "" };
  checkKeys(root, PROJECT_KEYS, warn);
  const all = child(root, "services");
  const services = all === undefined ? [] : entriesOf(all, "a mapping of services");
  if (services.length === 0) throw refuse(all ?? root, 'no service in "services": want at least one');
  const { enabled, disabled } = selectServices(services, {
    active: activeProfiles(input.profiles, variables),
    targets: input.services ?? [],
  });
  const context = { project: name, variables, directory: input.directory, readText: input.readText, warn };
  const read = enabled.map((service) => readService(service, context));
  const checked = withDependencies(resolveDependencies(read, disabled), input.services ?? []);
  const declaredNetworks = child(root, "networks");
  const networks = usedNetworks(declaredNetworks, checked, { project: name, warn });
  checkAddresses(checked, networks);
  checkHostPorts(checked);
  checkSandboxNames(checked);
  const ordered = applyLinks(orderByDependency(checked));
  return {
    name,
    networks,
    services: ordered.map(finish),
    declared: {
      networks: [
        ...(services.some(isOnDefault) ? [DEFAULT_NETWORK] : []),
        ...(declaredNetworks === undefined ? [] : entriesOf(declaredNetworks).map(({ key }) => key)),
      ],
      services: services.map(({ key }) => key),
    },
    warnings: [...warnings],
  };
}

/**
 * Only the project's name, which is also told from files whose services are malformed: taking down needs no more.
 *
 * @throws {ComposeError | SyntaxError} for malformed YAML, and for no name.
 */
export function readProjectName(input: ComposeInput): string {
  return open(input).name;
}

interface Opened {
  readonly documents: readonly MapNode[];
  readonly name: string;
  readonly variables: Variables;
}

function open(input: ComposeInput): Opened {
  const given = composeVariables(input);
  const documents = input.files.flatMap(parseDocuments);
  if (documents.length === 0)
    throw new SyntaxError(`Cannot read ${input.files[0]?.path ?? "a project"}: it is empty: want services`);
  const name = projectName({
    trees: documents,
    variables: given,
    directory: input.directory,
    ...(input.projectName !== undefined && { flag: input.projectName }),
  });
  return { documents, name, variables: { ...given, COMPOSE_PROJECT_NAME: name } };
}

/** The environment over the files, an earlier file over a later one: what `COMPOSE_FILE` and its like are looked up in. */
export function composeVariables({
  environment,
  dotenvs = [],
}: Pick<ComposeInput, "environment" | "dotenvs">): Variables {
  const known = new Map(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  for (const { path, text } of dotenvs) {
    const found = new Map<string, string>();
    for (const { name, value } of dotenvOf(path, () => parseDotenv(text, Object.fromEntries(known)))) {
      if (value !== undefined && !known.has(name)) found.set(name, value);
    }
    for (const [name, value] of found) known.set(name, value);
  }
  return Object.fromEntries(known);
}

function mergeDocuments(documents: readonly MapNode[], input: ComposeInput, warn: Warn): MapNode {
  const prepare = (document: MapNode): MapNode => interpolateTree(document, input.environment, warn);
  const loaded = new Map<string, MapNode | undefined>();
  const loadTree = (path: string): MapNode | undefined => {
    if (!loaded.has(path)) {
      const text = input.readText(path);
      const trees = text === undefined ? [] : parseDocuments({ path, text }).map(prepare);
      const [first, ...rest] = trees;
      loaded.set(path, first && rest.reduce((base, over) => mergeTrees(base, over), first));
    }
    return loaded.get(path);
  };
  const [first, ...rest] = documents.map((document) =>
    resolveExtends(prepare(document), { directory: input.directory, loadTree, warn }),
  );
  if (first === undefined) throw new Error("Broken invariant: no documents");
  return rest.reduce((base, over) => mergeTrees(base, over), settleTags(first));
}

/** @throws {ComposeError} for a dependency that does not exist or does not run. One that is not required is dropped. */
function resolveDependencies(
  services: readonly ReadService[],
  disabled: ReadonlyMap<string, readonly string[]>,
): readonly ReadService[] {
  const names = services.map(({ name }) => name);
  return services.map((service) => {
    const dependencies = service.dependencies.filter((dependency) => {
      if (names.includes(dependency.service)) return true;
      const profiles = disabled.get(dependency.service);
      if (!dependency.required) return false;
      const other = JSON.stringify(dependency.service);
      if (profiles === undefined) {
        throw refuse(
          dependency.field,
          `no service ${other}: ${suggest(dependency.service, [...names, ...disabled.keys()])}`,
        );
      }
      throw refuse(
        dependency.field,
        `service ${other} is in no active profile: want --profile ${profiles.join(" or --profile ")}`,
      );
    });
    for (const { service: name, condition, field } of dependencies) {
      const other = services.find((candidate) => candidate.name === name);
      if (condition === "service_healthy" && other !== undefined && other.service.healthcheck === undefined) {
        throw refuse(
          field,
          `service ${JSON.stringify(name)} has no healthcheck and never becomes healthy: want one, or service_started`,
        );
      }
    }
    return { ...service, dependencies };
  });
}

interface NetworkContext {
  readonly project: string;
  readonly warn: Warn;
}

function usedNetworks(
  declared: Field | undefined,
  services: readonly ReadService[],
  { project, warn }: NetworkContext,
): readonly ComposeNetwork[] {
  const fields = new Map(
    (declared === undefined ? [] : entriesOf(declared, "a mapping of networks")).map((field) => [field.key, field]),
  );
  const found = new Map<string, { readonly network: ComposeNetwork; readonly field: KeyedField | undefined }>();
  for (const { service, attachments } of services) {
    for (const { attachment, field } of attachments) {
      const key = attachment.network;
      const declaration = fields.get(key);
      if (declaration === undefined && key !== DEFAULT_NETWORK) {
        throw refuse(field, `no network ${JSON.stringify(key)} in "networks": ${suggest(key, [...fields.keys()])}`);
      }
      if (found.has(key)) continue;
      const network =
        declaration === undefined
          ? plainNetwork(key, `${project}_default`)
          : readNetwork(declaration, { project, warn });
      found.set(key, { network, field: declaration });
    }
    if (usesDefaultBridge(service, attachments.length)) {
      found.set(`network_mode ${PredefinedNetwork.bridge}`, {
        network: plainNetwork(PredefinedNetwork.bridge, PredefinedNetwork.bridge, true),
        field: undefined,
      });
    }
  }
  // As the file declares them, the implicit ones first.
  const order = [...fields.keys()];
  const networks = [...found.values()].sort((a, b) => order.indexOf(a.network.key) - order.indexOf(b.network.key));
  checkSubnets(networks);
  checkNetworkNames(networks);
  return networks.map(({ network }) => network);
}

function usesDefaultBridge({ networking }: ReadService["service"], declared: number): boolean {
  return networking.kind === "networks" && declared === 0;
}

function checkNetworkNames(
  networks: readonly { readonly network: ComposeNetwork; readonly field: KeyedField | undefined }[],
): void {
  const owners = new Map<string, string>();
  for (const { network, field } of networks) {
    const other = owners.get(network.name);
    if (other !== undefined && field !== undefined) {
      throw refuseKey(
        field,
        `its name ${JSON.stringify(network.name)} is that of network ${JSON.stringify(other)} too: want another`,
      );
    }
    owners.set(network.name, network.key);
  }
}

function checkSandboxNames(services: readonly ReadService[]): void {
  const owners = new Map<string, string>();
  for (const { service, field } of services) {
    const other = owners.get(service.sandboxName);
    if (other !== undefined) {
      const at = child(field, "container_name") ?? field;
      throw refuse(
        at,
        `${JSON.stringify(service.sandboxName)} is the name of service ${JSON.stringify(other)}'s sandbox too: want another`,
      );
    }
    owners.set(service.sandboxName, service.name);
  }
}

function finish({ service, dependencies }: ReadService): ComposeService {
  return { ...service, dependencies: dependencies.map(withoutField) };
}

function withoutField({ service, condition, required }: ComposeDependency): ComposeDependency {
  return { service, condition, required };
}
