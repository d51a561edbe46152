export { DOCKER_PLUGIN_SOCKET, type DockerPluginOptions, serveDockerPlugin } from "./server.ts";
