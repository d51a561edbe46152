import { expect, test } from "bun:test";
import { createHost, outsideAddresses, privileged, processesIn, run, waitFor, witness } from "./mod.ts";

test.if(privileged)("a host starts with loopback up and nothing else", async () => {
  await using host = await createHost({ label: "bare" });
  expect(await witness(host, "ip -j link show")).toMatchObject([
    { ifname: "lo", flags: ["LOOPBACK", "UP", "LOWER_UP"] },
  ]);
  expect(await witness(host, "ip -j route show")).toEqual([]);
});

test.if(privileged)("a host with an uplink reaches the outside by both families", async () => {
  await using host = await createHost({ uplink: true, uplinkMtu: 1400 });
  expect(await witness(host, "ip -j link show uplink0")).toMatchObject([{ mtu: 1400 }]);
  for (const address of [outsideAddresses.outside.ipv4, outsideAddresses.outside.ipv6]) {
    expect(await run(host, `ping -c 1 -W 2 ${address}`)).toMatchObject({ exitCode: 0 });
  }
  expect(await witness(host.outside, "ip -j -6 route show default")).toEqual([]);
});

test.if(privileged)("disposing of a host ends its processes and removes its namespaces", async () => {
  let path: string;
  let child: Bun.Subprocess;
  {
    await using host = await createHost({ uplink: true });
    path = host.netnsPath;
    child = Bun.spawn(["nsenter", `--net=${path}`, "sleep", "60"]);
    await waitFor(async () => (await processesIn(path)).length === 1, { what: "sleep in the namespace" });
  }
  expect(await child.exited).not.toBe(0);
  expect(await Bun.file(path).exists()).toBe(false);
});

test("waitFor answers what its condition answers, and says what it waited for", async () => {
  expect(await waitFor(() => 7)).toBe(7);
  await expect(waitFor(() => false, { timeoutMs: 20, what: "a flying pig" })).rejects.toThrow(
    "Cannot see a flying pig within 20 ms",
  );
});
