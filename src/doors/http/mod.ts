export { connectHttp, type HttpClientOptions } from "./client.ts";
export { findGroup } from "./groups.ts";
export { parseInput } from "./parse-input.ts";
export { type HttpServer, type HttpServerOptions, serveHttp } from "./server.ts";
