import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerSocket, findContainer, listNames } from "./mod.ts";

const directory = mkdtempSync(join(tmpdir(), "weft-docker-client-"));
const socket = join(directory, "docker.sock");
const id = "0a1b2c3d".repeat(8);
const answers: Readonly<Record<string, () => Response>> = {
  web: () => Response.json({ Id: id, Name: "/web", State: { Pid: 4711, Running: true }, More: [1, 2] }),
  stopped: () => Response.json({ Id: id, Name: "/stopped", State: { Pid: 0 } }),
  odd: () => Response.json({ Id: "x", Name: 3 }),
  text: () => new Response("<html>"),
  huge: () => new Response("x".repeat(17 * 1024 * 1024)),
};
const lists: Readonly<Record<string, unknown>> = {
  "/v1.40/networks": [{ Id: id, Name: "backend" }, { Id: "short", Name: "odd" }, null, 5],
  "/v1.40/containers/json": [
    { Names: ["/web"], NetworkSettings: { Networks: { backend: { EndpointID: id }, none: { EndpointID: "" } } } },
    { Names: [], NetworkSettings: null },
    "text",
  ],
};
const server = Bun.serve({
  unix: socket,
  fetch: ({ url }) => {
    const list = lists[new URL(url).pathname];
    if (list !== undefined) return Response.json(list);
    const name = decodeURIComponent(/\/v1\.40\/containers\/([^/]+)\/json$/.exec(url)?.[1] ?? "");
    return answers[name]?.() ?? Response.json({ message: `No such container: ${name}` }, { status: 404 });
  },
});
afterAll(async () => {
  await server.stop(true);
  rmSync(directory, { recursive: true });
});

test("a container that runs is known by name", async () => {
  expect(await findContainer(socket, "web")).toEqual({ id, name: "web", pid: 4711 });
});

test.each([
  ["stopped", "Cannot use container stopped: it does not run"],
  ["none/such", 'Cannot find container none/such: Docker says "No such container: none/such"'],
  ["odd", "is not Docker's"],
  ["text", "is not Docker's"],
  ["huge", "want at most"],
])("%s is refused in a sentence", async (name, sentence) => {
  await expect(findContainer(socket, name)).rejects.toThrow(sentence);
});

test("names of networks and of the endpoints of containers, and nothing that is not so", async () => {
  expect(await listNames(socket)).toEqual({
    networks: [{ id, name: "backend" }],
    endpoints: [{ id, name: "web" }],
  });
});

test("no dockerd", async () => {
  await expect(findContainer(join(directory, "none"), "web")).rejects.toThrow("dockerd does not answer on");
});

test("the socket is DOCKER_HOST's when it is one of this machine", () => {
  expect(dockerSocket(undefined)).toBe("/run/docker.sock");
  expect(dockerSocket("")).toBe("/run/docker.sock");
  expect(dockerSocket("unix:///run/user/1000/docker.sock")).toBe("/run/user/1000/docker.sock");
  expect(() => dockerSocket("tcp://10.0.0.1:2375")).toThrow("Cannot use DOCKER_HOST=tcp://10.0.0.1:2375");
});
