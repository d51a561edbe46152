export { connectHttp, type HttpClientOptions } from "./client.ts";
export { findGroup } from "./groups.ts";
export { connectLocal } from "./local-client.ts";
export { parseInput } from "./parse-input.ts";
export { BODY_LIMIT, HttpRefusal, readBodyText } from "./read-body-text.ts";
export { requestUrl } from "./request-url.ts";
export { type HttpServer, type HttpServerOptions, serveHttp } from "./server.ts";
export { beginStream, streamBody } from "./stream-body.ts";
export { serveUnix } from "./unix-server.ts";
