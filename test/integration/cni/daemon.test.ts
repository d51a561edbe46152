import { expect, test } from "bun:test";
import {
  type CniHost,
  type Container,
  createCniHost,
  privileged,
  startDaemon,
  weft,
  witness,
} from "../../support/mod.ts";

const config = {
  cniVersion: "1.0.0",
  name: "pods",
  type: "weft",
  bridge: "cni0",
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: true,
  ipam: { type: "weft", ranges: [[{ subnet: "10.77.0.0/24" }], [{ subnet: "fd00:77::/64" }]] },
};

test.if(privileged)("what one makes, the other takes back: with a daemon, without, and when it is killed", async () => {
  await using cni = await createCniHost("cni-daemon");
  const containers = await Promise.all(Array.from({ length: 12 }, () => cni.container()));
  const [first, second, third, ...others] = containers as [Container, Container, Container, ...Container[]];
  {
    await using daemon = await startDaemon(cni.host);
    const variables = { WEFT_RUN: daemon.runDirectory };
    await daemon.stop();
    await cni.add(config, first, variables);
    await daemon.start();
    expect((await cni.add(config, second, variables)).ips[0]?.address).toBe("10.77.0.3/24");
    await weft(daemon, "network", "create", "mine"); // the daemon's own table and links beside ours
    await cni.del(config, first, variables);
    expect(await linksOf(cni)).toHaveLength(1);
    await daemon.kill();
    await cni.del(config, second, variables);
    expect(await linksOf(cni)).toHaveLength(0);
    await daemon.start();
    // In the middle of it all the daemon dies: each call ends well, made by the daemon or by its own process.
    const adding = others.map((container) => cni.call({ command: "ADD", config, container, variables }));
    await Promise.race(adding);
    await daemon.kill();
    const answers = await Promise.all(adding);
    expect(answers.map(({ exitCode, stdout }) => (exitCode === 0 ? "" : stdout))).toEqual(others.map(() => ""));
    expect(await linksOf(cni)).toHaveLength(others.length);
    await daemon.start();
    expect((await cni.add(config, third, variables)).ips).toHaveLength(2);
    // One that is asked to end makes the call under way; who waits behind it makes his own.
    const deleting = containers.map((container) => cni.call({ command: "DEL", config, container, variables }));
    await Promise.race(deleting);
    await daemon.stop();
    expect((await Promise.all(deleting)).map(({ exitCode }) => exitCode)).toEqual(containers.map(() => 0));
    expect(await linksOf(cni)).toHaveLength(0);
    expect(JSON.stringify(await witness(cni.host, "nft -j list table inet weft_cni"))).not.toContain('"elem"');
    expect(await daemon.log()).not.toContain("defect");
  }
});

async function linksOf({ host }: CniHost): Promise<readonly unknown[]> {
  return (await witness(host, "ip -j link show master cni0")) as unknown[];
}
