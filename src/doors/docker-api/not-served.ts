import { ApiError } from "./api-error.ts";

const NO_IMAGES = "there are no images, programs are the host's own: want weft run, or weft up for a Compose file";
const ONE_HOST = "networks are those of this host";

/** What Docker has beside networks, by the first part of a path, and what to use in its place. */
const instead: Readonly<Record<string, string>> = {
  containers: "sandboxes are only shown here, want weft run, start, stop, exec or rm",
  exec: "want weft exec SANDBOX COMMAND",
  ...{ images: NO_IMAGES, build: NO_IMAGES, commit: NO_IMAGES, distribution: NO_IMAGES, auth: NO_IMAGES },
  ...{ session: NO_IMAGES, grpc: NO_IMAGES },
  volumes: "there are none, programs see the host's own files",
  plugins: "there are none, every driver is built in",
  ...{ swarm: ONE_HOST, nodes: ONE_HOST, services: ONE_HOST, tasks: ONE_HOST, secrets: ONE_HOST, configs: ONE_HOST },
  system: "want weft info",
};

/** What of these is looked for by a name, and what one of them is called. */
const named: Readonly<Record<string, string>> = {
  ...{ images: "image", volumes: "volume", plugins: "plugin", nodes: "node", services: "service", tasks: "task" },
  ...{ secrets: "secret", configs: "config" },
};

/**
 * Why a path is not served. One thing that is looked for is not there, so that clients that look in several places go on; all else is
 * not implemented.
 */
export function notServed(method: string, path: string): ApiError {
  const [, kind = "", name = "", ...rest] = path.split("/");
  const advice = Object.hasOwn(instead, kind) ? instead[kind] : undefined;
  if (advice === undefined) return new ApiError(404, "page not found");
  const isLookedFor = method === "GET" && name !== "" && name !== "json" && (rest.length === 0 || rest[0] === "json");
  if (isLookedFor && Object.hasOwn(named, kind)) {
    return new ApiError(404, `No such ${named[kind]}: ${name}: ${advice}`);
  }
  const isLook = method === "GET" && kind === "containers";
  return new ApiError(
    501,
    `${method} ${path} is not supported by Weft: ${isLook ? "want weft ps, inspect, logs or stats" : advice}`,
  );
}
