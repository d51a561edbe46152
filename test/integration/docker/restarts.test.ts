import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connectHttp } from "../../../src/doors/http/mod.ts";
import {
  type DockerPlace,
  outsideAddresses,
  privileged,
  run,
  runOrThrow,
  startDockerPlace,
  waitFor,
  witness,
} from "../../support/mod.ts";

/** What a container runs: it serves a file with its name on port 80. */
const SERVER = ["busybox", "sh", "-c", "hostname > /name; exec httpd -f -p 80 -h /"];

describe.if(privileged)("Weft and Docker end and come back", () => {
  const stack = new AsyncDisposableStack();
  let place: DockerPlace;
  const docker = (...args: string[]): Promise<string> => place.dockerd.dockerOrThrow(...args);
  const answers = async (): Promise<boolean> => {
    for (const address of [outsideAddresses.host.ipv4, `[${outsideAddresses.host.ipv6}]`]) {
      const { stdout } = await run(place.host.outside, `curl -s -m 2 http://${address}:8080/name`);
      if (stdout !== "web\n") return false;
    }
    return true;
  };
  const answersSoon = (): Promise<boolean> =>
    waitFor(async () => ((await answers()) ? true : undefined), { timeoutMs: 15_000, what: "the container's answer" });
  // A dockerd that starts stops what it finds running: by this signal, at once.
  const start = (...args: string[]): Promise<string> =>
    docker(
      "run",
      "-d",
      "--name",
      "web",
      "--hostname",
      "web",
      "--stop-signal",
      "KILL",
      "--network",
      "blue",
      "--ip",
      "10.2.0.9",
      "-p",
      "8080:80",
      ...args,
      ...SERVER,
    );
  /** What the host has of endpoints: links, elements of published ports, sandboxes. */
  const remains = async (): Promise<readonly unknown[]> => {
    const links = (await witness(place.host, "ip -j link")) as readonly { readonly ifname: string }[];
    const set = async (name: string): Promise<readonly unknown[]> => {
      const { nftables } = (await witness(place.host, `nft -j list map inet weft ${name}`)) as {
        readonly nftables: readonly { readonly map?: { readonly elem?: readonly unknown[] } }[];
      };
      return nftables.flatMap(({ map }) => map?.elem ?? []);
    };
    return [
      ...links.map(({ ifname }) => ifname).filter((name) => /^w[vp]/.test(name)),
      ...(await set("published_any4")),
      ...(await set("published_any6")),
      ...(await connectHttp(place.daemon).listSandboxes({})),
    ];
  };

  beforeAll(async () => {
    place = stack.use(await startDockerPlace("restarts"));
    const prefixes = ["--subnet", "10.2.0.0/24", "--ipv6", "--subnet", "fd02::/64", "--gateway", "fd02::1"];
    await docker("network", "create", "-d", "weft", "--ipam-driver", "weft", ...prefixes, "blue");
  });
  afterAll(() => stack.disposeAsync());

  test("a container that is restarted keeps its static address and its port", async () => {
    await start();
    expect(await answersSoon()).toBe(true);
    await docker("restart", "--time", "0", "web");
    expect(await answersSoon()).toBe(true);
    expect(await docker("inspect", "--format", "{{.NetworkSettings.Networks.blue.IPAddress}}", "web")).toBe("10.2.0.9");
    await docker("rm", "--force", "web");
    expect(await remains()).toEqual([]);
  });

  test("without Weft's daemon packets flow on, and the next one knows all", async () => {
    await start();
    expect(await answersSoon()).toBe(true);
    await place.daemon.kill();
    expect(await answers()).toBe(true);
    await place.daemon.start();
    expect(await answers()).toBe(true);
    await docker("rm", "--force", "web");
    expect(await remains()).toEqual([]);
  });

  test("what Docker asks while Weft is dead waits for the next one", async () => {
    await start();
    expect(await answersSoon()).toBe(true);
    await place.daemon.kill();
    const removed = docker("rm", "--force", "web");
    const made = docker("run", "-d", "--name", "other", "--network", "blue", "busybox", "sleep", "1000000");
    await place.daemon.start();
    await Promise.all([removed, made]);
    await docker("rm", "--force", "other");
    expect(await remains()).toEqual([]);
  }, 60_000);

  test("a dockerd that is killed starts its containers again, at the same address and port", async () => {
    await start("--restart", "always");
    expect(await answersSoon()).toBe(true);
    await place.dockerd.kill();
    expect(await answers()).toBe(true);
    await place.dockerd.start();
    expect(await answersSoon()).toBe(true);
    await docker("rm", "--force", "web");
    expect(await remains()).toEqual([]);
  }, 60_000);

  test.each(["weft first", "dockerd first"])(
    "both are killed, and started: %s",
    async (order) => {
      await start("--restart", "always");
      expect(await answersSoon()).toBe(true);
      await place.daemon.kill();
      await place.dockerd.kill();
      if (order === "weft first") {
        await place.daemon.start();
        await place.dockerd.start();
      } else {
        const dockerd = place.dockerd.start();
        await place.daemon.start();
        await dockerd;
      }
      expect(await answersSoon()).toBe(true);
      await docker("rm", "--force", "web");
      expect(await remains()).toEqual([]);
    },
    90_000,
  );

  test("a container that ends while both are dead leaves nothing", async () => {
    await start();
    const pid = Number(await docker("inspect", "--format", "{{.State.Pid}}", "web"));
    await place.dockerd.kill();
    await place.daemon.kill();
    process.kill(pid, "SIGKILL");
    await place.daemon.start();
    await place.dockerd.start();
    await docker("rm", "--force", "web");
    expect(await remains()).toEqual([]);
  }, 60_000);

  test("an endpoint whose link has gone while nobody looked is free, though Docker never tells", async () => {
    await start();
    await place.dockerd.kill();
    await place.daemon.kill();
    // As a reboot does it: dockerd keeps the container's namespace, and with it the link, until it is started.
    const links = (await witness(place.host, "ip -j link")) as readonly { readonly ifname: string }[];
    const own = links.find(({ ifname }) => ifname.startsWith("wv"))?.ifname;
    await runOrThrow(place.host, `ip link delete ${own}`);
    await place.daemon.start();
    expect(await remains()).toEqual([]);
    await place.dockerd.start();
    await docker("rm", "--force", "web");
  }, 60_000);

  const rounds = Number(process.env["WEFT_FAULT_ROUNDS"] ?? 3);
  test(
    `Weft is killed at ${rounds} moments while a container is started or removed`,
    async () => {
      for (let round = 0; round < rounds; round++) {
        const afterMs = Math.random() * 400;
        const isStart = round % 2 === 0;
        if (!isStart) await start();
        const work = isStart ? start() : docker("rm", "--force", "web");
        await Bun.sleep(afterMs);
        await place.daemon.kill();
        await place.daemon.start();
        const outcome = await work.then(
          () => "done",
          (error: Error) => error.message,
        );
        const told = `${isStart ? "start" : "removal"} killed after ${afterMs} ms: ${outcome}`;
        // Docker asks again what was not answered; what it had been asked for in vain, it refuses and takes back.
        if (isStart && outcome === "done")
          expect({ told, answers: await answersSoon() }).toMatchObject({ answers: true });
        await place.dockerd.docker("rm", "--force", "web");
        expect({ told, remains: await remains() }).toMatchObject({ remains: [] });
      }
    },
    20_000 + rounds * 10_000,
  );
});

describe.if(privileged)("a dockerd that lets its containers live", () => {
  test("it is killed and started, and its containers come and go as before", async () => {
    await using place = await startDockerPlace("live", ["--live-restore"]);
    const docker = (...args: string[]): Promise<string> => place.dockerd.dockerOrThrow(...args);
    for (const name of ["red", "blue"]) await docker("network", "create", "-d", "weft", "--ipam-driver", "weft", name);
    await docker("run", "-d", "--name", "web", "--hostname", "web", "--network", "red", "-p", "8080:80", ...SERVER);
    await docker("network", "connect", "blue", "web");
    const answers = async (): Promise<boolean> => {
      const asked = `curl -s -m 2 http://${outsideAddresses.host.ipv4}:8080/name`;
      return (await run(place.host.outside, asked)).stdout === "web\n";
    };
    await waitFor(async () => ((await answers()) ? true : undefined), { timeoutMs: 15_000, what: "its answer" });
    await place.dockerd.kill();
    await place.daemon.kill();
    expect(await answers()).toBe(true);
    await place.daemon.start();
    await place.dockerd.start();
    expect(await answers()).toBe(true);
    await docker("network", "disconnect", "blue", "web");
    expect(await answers()).toBe(true);
    await docker("rm", "--force", "web");
    expect(await connectHttp(place.daemon).listSandboxes({})).toEqual([]);
    expect(await answers()).toBe(false);
    await docker("network", "rm", "red", "blue");
  }, 60_000);
});
