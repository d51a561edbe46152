/** Where a project's file is looked for when nobody names one: the first that is there. Source: Compose Specification, "Compose file". */
export const COMPOSE_FILE_NAMES = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"] as const;

/** What is merged over it, of the same directory: the first that is there. */
export const COMPOSE_OVERRIDE_NAMES = [
  "compose.override.yaml",
  "compose.override.yml",
  "docker-compose.override.yaml",
  "docker-compose.override.yml",
] as const;
