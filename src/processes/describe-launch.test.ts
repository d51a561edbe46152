import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseObjectName, parseSandboxId, type Sandbox } from "../model/mod.ts";
import { describeLaunch, describeLaunchBeside } from "./describe-launch.ts";
import { writeSandboxFiles } from "./sandbox-files.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-launch-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeSandboxFiles(folder, { hosts: "", resolvConf: "", hostname: "" });

const sandbox: Sandbox = {
  id: parseSandboxId("0".repeat(64)),
  name: parseObjectName("web"),
  created: "",
  namespace: { kind: "own" },
  hostname: "web",
  resolver: { servers: [], search: [], options: [] },
  extraHosts: [],
  ports: [],
  labels: {},
  autoRemove: false,
};
const request = { command: ["sleep", "1"], environment: { A: "b" }, workingDirectory: "/srv" };
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const file = (name: string) => ({ source: join(folder, name), target: `/etc/${name}` });

test("a program starts in its sandbox's network, with its names", () => {
  const place = { netnsPath: "/run/x", netnsDirectory: "/run", folder, hostname: "web", domainname: "example.org" };
  expect(describeLaunch(sandbox, place, request)).toEqual({
    sandbox: "web",
    netns: "/run/x",
    netnsDirectory: "/run",
    hostname: "web",
    domainname: "example.org",
    files: [file("hosts"), file("resolv.conf"), file("hostname")],
    command: ["sleep", "1"],
    environment: { PATH, HOSTNAME: "web", A: "b" },
    workingDirectory: "/srv",
  });
});

test("on the host's network it keeps the host's name", () => {
  const { hostname, files, environment, netns } = describeLaunch(sandbox, { netnsDirectory: "/run", folder }, request);
  expect({ hostname, files, environment, netns }).toEqual({
    hostname: undefined,
    files: [file("hosts"), file("resolv.conf")],
    environment: { PATH, A: "b" },
    netns: undefined,
  });
});

test("what the request says of PATH and HOSTNAME counts", () => {
  const environment = { PATH: "/opt", HOSTNAME: "other" };
  const place = { netnsDirectory: "/run", folder, hostname: "web" };
  expect(describeLaunch(sandbox, place, { ...request, environment }).environment).toEqual(environment);
});

test("beside a program nothing is mounted or named anew", () => {
  const identity = { pid: 7, startTicks: 70, bootId: "boot" };
  expect(describeLaunchBeside(sandbox, identity, { ...request, user: "ann" }, "web")).toEqual({
    sandbox: "web",
    beside: { pid: 7, startTicks: 70 },
    files: [],
    command: ["sleep", "1"],
    environment: { PATH, HOSTNAME: "web", A: "b" },
    workingDirectory: "/srv",
    user: "ann",
  });
});
