export { dockerSocket } from "./docker-socket.ts";
export { type DockerContainer, findContainer } from "./find-container.ts";
