import { expect, test } from "bun:test";
import { decodeNotification, type RouteNotification } from "../../src/kernel/route/mod.ts";
import {
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseLinkName,
  parseMacAddress,
} from "../../src/net/mod.ts";
import { RtnetlinkGroup } from "../../src/netlink/route/mod.ts";
import { openNetlinkSocket, openNetns, receiveDatagram, setNetlinkOption } from "../../src/sys/mod.ts";
import { privileged } from "../support/mod.ts";
import { createRoutePlace } from "./route-place.ts";

/** A socket that hears of all changes in a namespace; `read` answers with those since the last time. */
function listen(netnsPath: string): Disposable & { read(): readonly RouteNotification[] } {
  using stack = new DisposableStack();
  const netns = stack.use(openNetns(netnsPath));
  const socket = stack.use(openNetlinkSocket("route", netns));
  for (const group of Object.values(RtnetlinkGroup)) setNetlinkOption(socket, "addMembership", group);
  const owned = stack.move();
  return {
    read() {
      const found: RouteNotification[] = [];
      for (;;) {
        const received = receiveDatagram(socket, { wait: false });
        if (typeof received === "string") return found;
        const view = new DataView(received.buffer);
        for (let at = 0; at < view.byteLength; at += (view.getUint32(at, true) + 3) & ~3) {
          const payload = received.slice(at + 16, at + view.getUint32(at, true));
          const notification = decodeNotification({ type: view.getUint16(at + 4, true), payload });
          if (notification !== undefined) found.push(notification);
        }
      }
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

test.if(privileged)("what the kernel tells about changes is understood", async () => {
  await using place = await createRoutePlace("b-notify");
  using listener = listen(place.host.netnsPath);
  const { links, addresses, routes, rules, neighbours, fdb } = place.route;
  const br0 = parseLinkName("br0");
  const v0 = parseLinkName("v0");
  const mac = parseMacAddress("02:00:00:00:00:50");

  links.createBridge({ name: br0, up: true });
  const bridge = links.get(br0).index;
  expect(listener.read()).toContainEqual(
    expect.objectContaining({ kind: "link changed", link: expect.objectContaining({ name: br0, index: bridge }) }),
  );

  links.createVeth({ name: v0, up: true, peer: { name: parseLinkName("eth0") } });
  const port = links.get(v0).index;
  links.set(v0, { master: bridge });
  const joined = listener.read();
  expect(joined).toContainEqual({
    kind: "port changed",
    port: { link: port, name: v0, master: bridge, options: expect.objectContaining({ isolated: false }) },
  });

  const address = parseInterfaceAddress("10.9.0.1/24");
  addresses.add({ link: bridge, address });
  routes.add({ destination: parseIpPrefix("10.8.0.0/16"), nextHops: [{ gateway: parseIpAddress("10.9.0.9") }] });
  rules.add({ family: "ipv4", priority: 5, table: 7 });
  neighbours.add({ link: bridge, address: parseIpAddress("10.9.0.50"), mac });
  fdb.add({ link: port, mac, owner: "master" });
  const made = listener.read();
  expect(made.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining([
      "address changed",
      "route changed",
      "rule changed",
      "neighbour changed",
      "FDB entry changed",
    ]),
  );
  expect(made).toContainEqual({
    kind: "address changed",
    address: expect.objectContaining({ link: bridge, address }),
  });

  links.set(v0, { master: "none" });
  const left = listener.read();
  expect(left.map(({ kind }) => kind)).toContain("port left");
  expect(left.map(({ kind }) => kind)).not.toContain("link deleted"); // it only left its bridge

  addresses.delete(bridge, address);
  rules.delete({ family: "ipv4", priority: 5 });
  links.delete(v0);
  const gone = listener.read();
  expect(gone.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["address deleted", "rule deleted", "route deleted", "link deleted"]),
  );
  expect(gone).toContainEqual(
    expect.objectContaining({ kind: "link deleted", link: expect.objectContaining({ index: port, name: v0 }) }),
  );
});
