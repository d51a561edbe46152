export { dockerSocket } from "./docker-socket.ts";
export { type DockerContainer, findContainer } from "./find-container.ts";
export { type DockerName, type DockerNames, listNames } from "./list-names.ts";
