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
  createExternalEndpoint: { method: "POST", path: "/v1/external-endpoints", kind: "reply" },
  joinExternalEndpoint: { method: "POST", path: "/v1/external-endpoints/{endpoint}/join", kind: "reply" },
  publishExternalPorts: { method: "POST", path: "/v1/external-endpoints/{endpoint}/ports", kind: "reply" },
  withdrawExternalPorts: { method: "DELETE", path: "/v1/external-endpoints/{endpoint}/ports", kind: "reply" },
  leaveExternalEndpoint: { method: "POST", path: "/v1/external-endpoints/{endpoint}/leave", kind: "reply" },
  removeExternalEndpoint: { method: "DELETE", path: "/v1/external-endpoints/{endpoint}", kind: "reply" },
  nameExternal: { method: "POST", path: "/v1/external-names", kind: "reply" },
  reservePool: { method: "POST", path: "/v1/pools", kind: "reply" },
  releasePool: { method: "DELETE", path: "/v1/pools/{pool}", kind: "reply" },
  reserveAddress: { method: "POST", path: "/v1/pools/{pool}/addresses", kind: "reply" },
  releaseAddress: { method: "DELETE", path: "/v1/pools/{pool}/addresses/{address}", kind: "reply" },
  events: { method: "GET", path: "/v1/events", kind: "stream" },
} as const satisfies Readonly<Record<string, OperationRoute>>;
