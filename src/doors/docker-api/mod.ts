export { createDockerApi, type DockerApi, type DockerApiOptions } from "./docker-api.ts";
