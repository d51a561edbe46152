import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { connectHttp } from "../../../src/doors/http/mod.ts";
import {
  addressOf,
  ask,
  type CommandResult,
  type DockerPlace,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  run,
  serve,
  startDockerPlace,
  waitFor,
  weftWith,
  witness,
} from "../../support/mod.ts";

const EXAMPLE = "../../../examples/inside-docker/docker-compose.yml";
const hostAddress = outsideAddresses.host.ipv4;

describe.if(privileged)("containers that Docker made", () => {
  const stack = new AsyncDisposableStack();
  let place: DockerPlace;
  const docker = (...args: string[]): Promise<string> => place.dockerd.dockerOrThrow(...args);
  const container = async (name: string): Promise<Place> => ({
    netnsPath: `/proc/${await docker("inspect", "--format", "{{.State.Pid}}", name)}/ns/net`,
  });
  const environment = (): Record<string, string> => ({ DOCKER_HOST: `unix://${place.dockerd.socket}` });
  const weft = (...args: string[]): Promise<CommandResult> =>
    weftWith(place.daemon, args, { environment: environment() });

  beforeAll(async () => {
    place = stack.use(await startDockerPlace("containers"));
    await connectHttp(place.daemon).createNetwork({
      name: "backend",
      subnets: [{ prefix: "10.5.0.0/24" }, { prefix: "fd05::/64" }],
    });
  });
  afterAll(() => stack.disposeAsync());

  test("one without a network joins by name, with a way out and a published port", async () => {
    await docker("run", "-d", "--name", "alone", "--network", "none", "busybox", "sleep", "1000000");
    const added = await weft("sandbox", "add", "web", "--docker", "alone", "--network", "backend", "-p", "8085:80");
    expect(added).toMatchObject({ exitCode: 0, stderr: "" });
    const alone = await container("alone");
    await using _ = await serve(alone, "alone", [80]);
    const port = { protocol: "tcp", address: hostAddress, port: 8085 } as const;
    expect(await ask(place.host.outside, port, { expected: true })).toMatchObject({ by: "alone" });
    for (const address of Object.values(outsideAddresses.outside)) {
      expect(await pings(alone, address, { expected: true })).toBe(true);
    }
    const sandbox = await connectHttp(place.daemon).getSandbox({ sandbox: "web" });
    expect(sandbox.labels["com.docker.container.id"]).toBe(await docker("inspect", "--format", "{{.Id}}", "alone"));
  });

  test("one on a network of Docker's joins beside it, and keeps its way out", async () => {
    await docker("run", "-d", "--name", "both", "busybox", "sleep", "1000000");
    const both = await container("both");
    const before = await witness(both, "ip -j -4 route show default");
    expect(await weft("sandbox", "add", "api", "--docker", "both", "--network", "backend")).toMatchObject({
      exitCode: 0,
    });
    expect(await witness(both, "ip -j -4 route show default")).toEqual(before);
    const web = await connectHttp(place.daemon).getSandbox({ sandbox: "web" });
    for (const family of ["ipv4", "ipv6"] as const) {
      expect(await pings(both, addressOf(web, family), { expected: true })).toBe(true);
    }
    await docker("rm", "--force", "both");
  });

  test("when the container stops, its sandbox is dead and all of it is free", async () => {
    await docker("kill", "alone");
    const status = () =>
      connectHttp(place.daemon)
        .getSandbox({ sandbox: "web" })
        .then(({ status: found }) => found.state);
    await waitFor(async () => ((await status()) === "dead" ? true : undefined), {
      timeoutMs: 5_000,
      what: "the sandbox's end",
    });
    expect(
      await ask(place.host.outside, { protocol: "tcp", address: hostAddress, port: 8085 }, { expected: false }),
    ).toBeUndefined();
    const { stderr } = await weft("sandbox", "add", "again", "--docker", "alone");
    expect(stderr).toContain("Cannot use container alone: it does not run, want it started first");
    const unknown = await weft("sandbox", "add", "again", "--docker", "nobody");
    expect(unknown.stderr).toContain('Docker says "No such container: nobody"');
    await docker("start", "alone"); // in another namespace: the same command takes it up again
    expect(await weft("sandbox", "add", "web", "--docker", "alone", "--network", "backend")).toMatchObject({
      exitCode: 0,
    });
    expect(await status()).toBe("running");
    await docker("rm", "--force", "alone");
  });

  test("Compose: the example on a network of Weft's, up, asked, restarted and down", async () => {
    const compose = async (...args: string[]): Promise<void> => {
      const command = ["docker-compose", "-f", join(import.meta.dir, EXAMPLE), "-p", "shop"];
      const { exitCode, stderr } = await run(place.host, [...command, ...args], { environment: environment() });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    };
    const answers = (): Promise<boolean> =>
      waitFor(
        async () => {
          const { stdout } = await run(place.host.outside, `curl -s -m 2 http://${hostAddress}:8086/name`);
          return stdout === "web\n" ? true : undefined;
        },
        { timeoutMs: 10_000, what: "the project's answer" },
      );
    await compose("up", "-d");
    expect(await answers()).toBe(true);
    expect(await docker("exec", "shop_client_1", "wget", "-q", "-O", "-", "http://site/name")).toBe("web");
    await compose("restart", "web");
    expect(await answers()).toBe(true);
    await compose("down");
    const networks = await connectHttp(place.daemon).listNetworks({});
    expect(networks.filter(({ owner }) => owner === "docker")).toEqual([]);
  }, 60_000);
});
