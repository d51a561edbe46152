import { ApiError } from "./api-error.ts";

/** What Docker has beside networks, by the first part of a path, and what to use in its place. */
const elsewhere: Readonly<Record<string, { readonly what: string; readonly instead: string }>> = {
  containers: {
    what: "container",
    instead: "sandboxes are only shown here, want weft run, start, stop, exec or rm",
  },
  exec: { what: "exec instance", instead: "want weft exec SANDBOX COMMAND" },
  images: { what: "image", instead: "there are none, Weft runs the host's own programs: want weft run" },
  build: { what: "build", instead: "there are no images, Weft runs the host's own programs: want weft run" },
  commit: { what: "commit", instead: "there are no images, Weft runs the host's own programs: want weft run" },
  distribution: { what: "registry", instead: "there are no images, Weft runs the host's own programs: want weft run" },
  auth: { what: "registry", instead: "there are no images, Weft runs the host's own programs: want weft run" },
  volumes: { what: "volume", instead: "there are none, programs see the host's own files" },
  plugins: { what: "plugin", instead: "there are none, every driver is built in" },
  swarm: { what: "swarm", instead: "networks are those of this host" },
  nodes: { what: "node", instead: "networks are those of this host" },
  services: { what: "service", instead: "networks are those of this host, want weft up for a Compose file" },
  tasks: { what: "task", instead: "networks are those of this host" },
  secrets: { what: "secret", instead: "networks are those of this host" },
  configs: { what: "config", instead: "networks are those of this host" },
  session: { what: "session", instead: "there are no images to build" },
  system: { what: "disk usage", instead: "want weft info" },
  grpc: { what: "session", instead: "there are no images to build" },
};

/**
 * Why a path is not served. One thing that is looked for is not there, so that clients that look in several places go on; all else is
 * not implemented.
 */
export function notServed(method: string, path: string): ApiError {
  const [, kind = "", name = "", ...rest] = path.split("/");
  const known = Object.hasOwn(elsewhere, kind) ? elsewhere[kind] : undefined;
  if (known === undefined) return new ApiError(404, "page not found");
  const isLookedFor = method === "GET" && name !== "" && name !== "json" && (rest.length === 0 || rest[0] === "json");
  if (isLookedFor && kind !== "containers")
    return new ApiError(404, `No such ${known.what}: ${name}: ${known.instead}`);
  if (method === "GET" && kind === "containers") {
    return new ApiError(501, `${method} ${path} is not supported by Weft: want weft ps, inspect, logs or stats`);
  }
  return new ApiError(501, `${method} ${path} is not supported by Weft: ${known.instead}`);
}
