import { expect, test } from "bun:test";
import { createCniHost, type Place, privileged, witness } from "../../support/mod.ts";

async function flagsOf(place: Place): Promise<readonly string[]> {
  const [link] = (await witness(place, "ip -j link show eth0")) as readonly { readonly flags: readonly string[] }[];
  return link?.flags ?? [];
}

test.if(privileged)("tuning: a link takes all groups' frames, and is what it was after DEL", async () => {
  await using cni = await createCniHost("cni-tuning");
  const container = await cni.container();
  const chain = { cniVersion: "1.0.0", name: "pods" };
  const prevResult = await cni.add(
    { ...chain, type: "bridge", ipam: { type: "host-local", subnet: "10.77.0.0/24" } },
    container,
  );
  for (const wanted of [true, false]) {
    const tuning = { ...chain, type: "tuning", allmulti: wanted, prevResult };
    // As somebody had it before.
    await witness(container, `ip link set eth0 allmulticast ${wanted ? "off" : "on"}`);
    await cni.add(tuning, container);
    expect((await flagsOf(container)).includes("ALLMULTI")).toBe(wanted);
    await cni.del(tuning, container);
    expect((await flagsOf(container)).includes("ALLMULTI")).toBe(!wanted);
  }
  const wrong = { ...chain, type: "tuning", allmulti: "some", prevResult };
  expect((await cni.call({ command: "ADD", config: wrong, container })).json).toMatchObject({
    ...{ code: 7, msg: expect.stringContaining("allmulti") },
  });
});
