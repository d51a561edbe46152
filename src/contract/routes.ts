/** Where an operation stands in the HTTP API. `{field}` is filled from the input; what is left goes into the query (GET, DELETE) or the JSON body (POST). */
export interface OperationRoute {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** A reply is one JSON value; a stream is a JSON value a line until one side has enough. */
  readonly kind: "reply" | "stream";
}

/** Apart from the schemas, since a client needs only this, and loading the schemas would double its start time. */
export const operationRoutes = {
  info: { method: "GET", path: "/v1/info", kind: "reply" },
  createNetwork: { method: "POST", path: "/v1/networks", kind: "reply" },
  listNetworks: { method: "GET", path: "/v1/networks", kind: "reply" },
  getNetwork: { method: "GET", path: "/v1/networks/{network}", kind: "reply" },
  removeNetwork: { method: "DELETE", path: "/v1/networks/{network}", kind: "reply" },
  pruneNetworks: { method: "POST", path: "/v1/networks/prune", kind: "reply" },
  connect: { method: "POST", path: "/v1/networks/{network}/connect", kind: "reply" },
  disconnect: { method: "POST", path: "/v1/networks/{network}/disconnect", kind: "reply" },
  createSandbox: { method: "POST", path: "/v1/sandboxes", kind: "reply" },
  listSandboxes: { method: "GET", path: "/v1/sandboxes", kind: "reply" },
  getSandbox: { method: "GET", path: "/v1/sandboxes/{sandbox}", kind: "reply" },
  startSandbox: { method: "POST", path: "/v1/sandboxes/{sandbox}/start", kind: "reply" },
  stopSandbox: { method: "POST", path: "/v1/sandboxes/{sandbox}/stop", kind: "reply" },
  removeSandbox: { method: "DELETE", path: "/v1/sandboxes/{sandbox}", kind: "reply" },
  prepareExec: { method: "POST", path: "/v1/sandboxes/{sandbox}/exec", kind: "reply" },
  logs: { method: "GET", path: "/v1/sandboxes/{sandbox}/logs", kind: "stream" },
  events: { method: "GET", path: "/v1/events", kind: "stream" },
} as const satisfies Readonly<Record<string, OperationRoute>>;
