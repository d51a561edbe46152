import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contractSuite, directClient, FakeEngine } from "../testing/mod.ts";
import { connectHttp, type HttpServer, readBodyText, serveHttp, streamBody } from "./mod.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-http-"));
afterAll(() => rmSync(folder, { recursive: true }));
let serial = 0;

const GROUP = { mode: 0o660, group: "weft" } as const;

interface Served extends AsyncDisposable {
  readonly engine: FakeEngine;
  readonly server: HttpServer;
  readonly path: string;
  readonly fetch: (target: string, init?: BunFetchRequestInit) => Promise<Response>;
}

async function serve(): Promise<Served> {
  const path = join(folder, `${++serial}`, "weft.sock");
  const engine = new FakeEngine();
  const server = await serveHttp(engine, { path, ...GROUP });
  return {
    engine,
    server,
    path,
    fetch: (target, init = {}) => fetch(`http://weft${target}`, { ...init, unix: path }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

contractSuite("straight", async () => {
  const engine = new FakeEngine();
  return { engine, client: directClient(engine), [Symbol.asyncDispose]: async () => undefined };
});

contractSuite("over HTTP", async () => {
  const served = await serve();
  return {
    engine: served.engine,
    client: connectHttp({ socket: served.path }),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
});

test.each(["/var/run/docker.sock", "a b", "%2Frun%2Fweft.sock"])("a Host that is no host, %s", async (Host) => {
  await using served = await serve();
  const answer = await served.fetch("/v1/networks", { headers: { Host } });
  expect([answer.status, await answer.json()]).toEqual([200, []]);
});

test("a stream that begins while the server ends is over at once", async () => {
  const next = (): Promise<IteratorResult<never>> => new Promise(() => undefined); // says nothing, ever
  const body = streamBody({ source: { next }, first: next(), closing: AbortSignal.abort(), encode: () => undefined });
  expect(await Promise.race([new Response(body).text(), Bun.sleep(2000)])).toBe("");
});

test("a body whose sender goes is refused as such, and is no defect", async () => {
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new Error("The connection was closed.")),
  });
  const request = new Request("http://weft/v1/networks", { method: "POST", body: broken });
  await expect(readBodyText(request)).rejects.toMatchObject({ status: 400 });
});

describe("requests", () => {
  const json = { "Content-Type": "application/json" };
  test.each([
    [
      "an unknown path",
      "/v2/networks",
      {},
      404,
      "not-found",
      "Cannot find GET /v2/networks: want one of the paths of /v1",
    ],
    [
      "a wrong method",
      "/v1/networks/x",
      { method: "PUT" },
      405,
      "invalid",
      "Cannot PUT /v1/networks/x: want GET, DELETE",
    ],
    [
      "another content type",
      "/v1/networks",
      { method: "POST", body: "name=x", headers: { "Content-Type": "text/plain" } },
      415,
      "invalid",
      `Cannot read a body of type "text/plain": want application/json`,
    ],
    [
      "no content type",
      "/v1/networks",
      { method: "POST", body: new Uint8Array([123, 125]) },
      415,
      "invalid",
      `Cannot read a body of type "": want application/json`,
    ],
    [
      "a large body",
      "/v1/networks",
      { method: "POST", headers: json, body: " ".repeat(1024 * 1024 + 1) },
      413,
      "invalid",
      "Cannot read the body: want at most 1048576 bytes",
    ],
    [
      "an array",
      "/v1/networks",
      { method: "POST", headers: json, body: "[]" },
      400,
      "invalid",
      "Cannot read the body: want one JSON object",
    ],
    [
      "two answers to one question",
      "/v1/networks/a/connect",
      { method: "POST", headers: json, body: `{"network":"b","sandbox":"c"}` },
      400,
      "invalid",
      `Cannot use network "b": the URL says "a"`,
    ],
    [
      "a malformed flag",
      "/v1/sandboxes/x?force=maybe",
      { method: "DELETE" },
      400,
      "invalid",
      `Cannot remove sandbox: force "maybe": want true or false`,
    ],
    [
      "a flag twice",
      "/v1/sandboxes/x?force=1&force=0",
      { method: "DELETE" },
      400,
      "invalid",
      "Cannot use force twice in the query: want it once",
    ],
    [
      "a malformed escape",
      "/v1/networks/%zz",
      {},
      400,
      "invalid",
      `Cannot read network "%zz" in the URL: want UTF-8, percent-encoded`,
    ],
  ] as const)("%s is refused", async (_name, target, init, status, kind, message) => {
    await using served = await serve();
    const response = await served.fetch(target, init);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { kind, message } });
  });

  test("malformed JSON is refused", async () => {
    await using served = await serve();
    const response = await served.fetch("/v1/networks", { method: "POST", headers: json, body: "{" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { kind: "invalid", message: expect.stringContaining("want one JSON object") },
    });
  });

  test("a wrong method tells the right ones", async () => {
    await using served = await serve();
    const response = await served.fetch("/v1/networks/prune", { method: "DELETE" });
    expect(response.status).toBe(404); // it is a network's name here: removing one called "prune"
    const { headers } = await served.fetch("/v1/info", { method: "DELETE" });
    expect(headers.get("allow")).toBe("GET");
  });

  test("a defect is told as one sentence, and to the daemon's log", async () => {
    const path = join(folder, `${++serial}.sock`);
    const engine = new FakeEngine();
    engine.failures.set("listNetworks", new TypeError("x is undefined"));
    const defects: unknown[] = [];
    await using _server = await serveHttp(engine, {
      path,
      ...GROUP,
      onDefect: (operation, error) => defects.push([operation, String(error)]),
    });
    const refused = connectHttp({ socket: path }).listNetworks({});
    await expect(refused).rejects.toMatchObject({ kind: "internal", message: "Cannot list networks: x is undefined" });
    expect(defects).toEqual([["listNetworks", "TypeError: x is undefined"]]);
  });

  test("closing the server ends streams and takes the socket away", async () => {
    const served = await serve();
    const watching = Array.fromAsync(connectHttp({ socket: served.path }).events({}));
    while (served.engine.feed.listeners() === 0) await Bun.sleep(1);
    await served.server[Symbol.asyncDispose]();
    expect(await watching).toEqual([]);
    expect(served.engine.feed.listeners()).toBe(0);
    expect(existsSync(served.path)).toBe(false);
    await served.server[Symbol.asyncDispose](); // twice is harmless
  });
});

describe("the socket", () => {
  test("is open to owner and group only", async () => {
    await using served = await serve();
    expect(statSync(served.path).mode & 0o777).toBe(0o660);
  });

  test("of a daemon that is alive is left alone", async () => {
    await using served = await serve();
    const second = serveHttp(new FakeEngine(), { path: served.path, ...GROUP });
    await expect(second).rejects.toMatchObject({ kind: "conflict", message: expect.stringContaining(served.path) });
    expect(await connectHttp({ socket: served.path }).listNetworks({})).toEqual([]);
  });

  test("that a dead daemon left is replaced", async () => {
    const path = join(folder, `${++serial}.sock`);
    leaveStaleSocket(path);
    await using _server = await serveHttp(new FakeEngine(), { path, ...GROUP });
    expect(await connectHttp({ socket: path }).listNetworks({})).toEqual([]);
  });

  test("that a daemon with this very number left, killed before it had its name, is no obstacle", async () => {
    const path = join(folder, `${++serial}.sock`);
    const left = `${path}.${process.pid.toString(36)}`;
    leaveStaleSocket(left);
    await using _server = await serveHttp(new FakeEngine(), { path, ...GROUP });
    expect(await connectHttp({ socket: path }).listNetworks({})).toEqual([]);
    expect(existsSync(left)).toBe(false);
  });

  test.each([
    ["no absolute path", () => "weft.sock", "want an absolute path"],
    ["a path that is too long", () => `/tmp/${"x".repeat(100)}`, "at most 98 bytes, it has 105"],
    ["a file", () => leaveFile(join(folder, "file")), "a file that is no socket"],
  ])("%s is refused", async (_name, make, message) => {
    const served = serveHttp(new FakeEngine(), { path: make(), ...GROUP });
    await expect(served).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining(message) });
  });
});

describe("a client without a daemon", () => {
  test.each([
    ["nothing there", () => join(folder, "none.sock"), "no daemon listens on"],
    ["a socket left behind", () => leaveStaleSocket(join(folder, "stale.sock")), "is gone"],
    ["a file", () => leaveFile(join(folder, "file2")), "want"],
  ])("%s is unavailable", async (_name, make, message) => {
    const path = make();
    const expected = {
      name: "Refusal",
      kind: "unavailable",
      message: expect.stringMatching(new RegExp(`^Cannot list networks: .*${path}.*|${message}`)),
    };
    await expect(connectHttp({ socket: path }).listNetworks({})).rejects.toMatchObject(expected);
    await expect(Array.fromAsync(connectHttp({ socket: path }).events({}))).rejects.toMatchObject({
      kind: "unavailable",
    });
  });

  test("a server that is not Weft's is told apart", async () => {
    const path = join(folder, "other.sock");
    using _server = Bun.serve({ unix: path, fetch: () => new Response("hello") });
    await expect(connectHttp({ socket: path }).listNetworks({})).rejects.toMatchObject({
      kind: "unavailable",
      message: `Cannot list networks: the answer "hello" is not Weft's, want JSON`,
    });
  });

  test("a stream whose daemon dies is unavailable", async () => {
    const path = join(folder, "dying.sock");
    const server = createServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n");
      setTimeout(() => socket.destroy(), 20);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await expect(Array.fromAsync(connectHttp({ socket: path }).events({}))).rejects.toMatchObject({
      kind: "unavailable",
    });
    server.close();
  });
});

/** Binds a socket and dies without removing it. */
function leaveStaleSocket(path: string): string {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  Bun.spawnSync([process.execPath, "-e", script]);
  expect(existsSync(path)).toBe(true);
  return path;
}

function leaveFile(path: string): string {
  writeFileSync(path, "");
  chmodSync(path, 0o600);
  return path;
}
