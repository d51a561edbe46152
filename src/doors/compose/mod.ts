export { ComposeError, formatPosition } from "./compose-error.ts";
export type {
  ComposeAttachment,
  ComposeDependency,
  ComposeHost,
  ComposeNetwork,
  ComposeNetworking,
  ComposeProject,
  ComposeService,
  DependencyCondition,
} from "./compose-project.ts";
export type { ComposeFile } from "./document.ts";
export { COMPOSE_FILE_NAMES, COMPOSE_OVERRIDE_NAMES } from "./file-names.ts";
export type { Position } from "./node.ts";
export { parseProjectName } from "./project-name.ts";
export { type ComposeInput, composeVariables, readComposeProject, readProjectName } from "./read-project.ts";
export {
  COMPOSE_LABELS,
  connectRequest,
  networkLabels,
  networkRequest,
  sandboxLabels,
  sandboxRequest,
} from "./requests.ts";
