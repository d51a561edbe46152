export { type DockerPluginOptions, serveDockerPlugin } from "./server.ts";
