export { connectHttp, type HttpClientOptions } from "./client.ts";
export { parseInput } from "./parse-input.ts";
export { type HttpServer, type HttpServerOptions, serveHttp } from "./server.ts";
export { findGroup } from "./socket-file.ts";
