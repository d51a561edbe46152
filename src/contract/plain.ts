/** What a client of the contract needs of it at run time. Not through mod.ts, which loads the schemas. */
export { Refusal, type RefusalKind, type RefusalReason, refusalKinds } from "./errors.ts";
export { openedStream } from "./opened-stream.ts";
export { operationRoutes } from "./routes.ts";
