import { expect, test } from "bun:test";
import { NO_NAMES, type OpenPlace, openPlace } from "../../../src/insight/place/mod.ts";
import {
  parseAddressOrPrefix,
  parseInterfaceAddress,
  parseIpAddress,
  parseLinkName,
  parseMacAddress,
} from "../../../src/net/mod.ts";
import {
  addAddresses,
  addLink,
  addNeighbour,
  addRoute,
  addRule,
  changeLink,
  removeAddress,
  removeLink,
  removeNeighbour,
  removeRoute,
  removeRule,
} from "../../../src/workbench/mod.ts";
import { Random } from "../../fault/random.ts";
import { createHost, type Host, privileged, run, witness } from "../../support/mod.ts";

/** One change, in iproute2's words and in ours. */
interface Change {
  readonly ip: string;
  readonly weft: (place: OpenPlace) => unknown;
}

const links = ["a0", "a1", "b0", "br0"] as const;
const addresses = ["10.0.0.1/24", "10.0.0.2/24", "10.0.1.1/16", "2001:db8::1/64", "2001:db8::2/64", "192.0.2.1/32"];
const destinations = ["10.9.0.0/16", "10.9.1.0/24", "0.0.0.0/0", "2001:db8:9::/48", "::/0"];
const gateways = ["10.0.0.254", "10.0.5.5", "192.0.2.9", "2001:db8::fe", "2001:db8:77::1"];
const rules = ["10.0.0.0/8", "192.168.1.0/24", "2001:db8::/32"];
const macs = ["02:00:00:00:00:01", "02:00:00:00:00:02"];

function someChange(random: Random): Change {
  const pick = <T>(list: readonly T[]): T => random.pick(list);
  const link = pick(links);
  const family = (text: string): "-4" | "-6" => (text.includes(":") ? "-6" : "-4");
  const table = pick([254, 100]);
  const metric = pick([10, 20]);
  switch (
    pick([
      "address",
      "address",
      "address-rm",
      "route",
      "route",
      "route-rm",
      "drop",
      "rule",
      "rule-rm",
      "neighbour",
      "neighbour-rm",
      "link",
      "link-rm",
      "set",
      "set",
    ] as const)
  ) {
    case "address": {
      const address = pick(addresses);
      const noDad = address.includes(":");
      return {
        ip: `addr add ${address} ${noDad ? "nodad" : "brd +"} dev ${link}`.replace(/(\/32) brd \+/, "$1"),
        weft: (place) =>
          addAddresses(place, { link, addresses: [parseInterfaceAddress(address)], existing: "refuse", noDad }),
      };
    }
    case "address-rm": {
      const address = pick(addresses);
      return {
        ip: `addr del ${address} dev ${link}`,
        weft: (place) => removeAddress(place, { link, address: parseInterfaceAddress(address) }),
      };
    }
    case "route": {
      const destination = pick(destinations);
      const gateway = pick(gateways);
      const replace = random.chance(0.3);
      return {
        ip: `${family(destination)} route ${replace ? "replace" : "add"} ${destination} via ${family(gateway) === family(destination) ? "" : family(gateway) === "-6" ? "inet6 " : "inet "}${gateway} metric ${metric} table ${table} proto static`,
        weft: (place) =>
          addRoute(place, {
            destination: parseAddressOrPrefix(destination),
            nextHops: [{ gateway: parseIpAddress(gateway) }],
            ...{ metric, table, replace },
          }),
      };
    }
    case "drop": {
      const destination = pick(destinations);
      const type = pick(["blackhole", "unreachable", "prohibit"] as const);
      return {
        ip: `${family(destination)} route add ${type} ${destination} metric ${metric} table ${table} proto static`,
        weft: (place) =>
          addRoute(place, { destination: parseAddressOrPrefix(destination), type, nextHops: [], metric, table }),
      };
    }
    case "route-rm": {
      const destination = pick(destinations);
      return {
        ip: `${family(destination)} route del ${destination} metric ${metric} table ${table}`,
        weft: (place) => removeRoute(place, { destinations: [parseAddressOrPrefix(destination)], metric, table }),
      };
    }
    case "rule": {
      const source = pick(rules);
      const priority = pick([1000, 1001, 1002]);
      return {
        ip: `${family(source)} rule add from ${source} lookup ${table} priority ${priority} protocol static`,
        weft: (place) =>
          addRule(place, {
            families: [source.includes(":") ? "ipv6" : "ipv4"],
            ...{ source: parseAddressOrPrefix(source), action: "table", table, priority },
          }),
      };
    }
    case "rule-rm": {
      const source = pick(rules);
      const priority = pick([1000, 1001, 1002]);
      return {
        ip: `${family(source)} rule del from ${source} lookup ${table} priority ${priority}`,
        weft: (place) =>
          removeRule(place, {
            families: [source.includes(":") ? "ipv6" : "ipv4"],
            ...{ source: parseAddressOrPrefix(source), table, priority },
          }),
      };
    }
    case "neighbour": {
      const address = pick(["10.0.0.9", "2001:db8::9"]);
      const mac = pick(macs);
      return {
        ip: `neigh add ${address} lladdr ${mac} dev ${link} nud permanent`,
        weft: (place) => addNeighbour(place, { link, address: parseIpAddress(address), mac: parseMacAddress(mac) }),
      };
    }
    case "neighbour-rm": {
      const address = pick(["10.0.0.9", "2001:db8::9"]);
      return {
        ip: `neigh del ${address} dev ${link}`,
        weft: (place) => removeNeighbour(place, { link, address: parseIpAddress(address) }),
      };
    }
    case "link":
      return link === "br0"
        ? {
            ip: "link add br0 type bridge",
            weft: (place) => addLink(place, { name: parseLinkName(link), kind: { kind: "bridge", options: {} } }),
          }
        : {
            ip: `link add ${link} type veth peer name p${link}`,
            weft: (place) =>
              addLink(place, {
                name: parseLinkName(link),
                kind: { kind: "veth", peer: { name: parseLinkName(`p${link}`), up: true } },
              }),
          };
    case "link-rm":
      return { ip: `link del ${link}`, weft: (place) => removeLink(place, link) };
    case "set": {
      const up = random.chance(0.8);
      const mtu = pick([1280, 1400, 1500]);
      const master = link === "br0" || random.chance(0.7) ? undefined : "br0";
      return {
        ip: `link set ${link} ${up ? "up" : "down"} mtu ${mtu}${master === undefined ? "" : " master br0"}`,
        weft: (place) => changeLink(place, link, { up, mtu, ...(master !== undefined && { master }) }),
      };
    }
  }
}

function succeeds(body: () => unknown): boolean {
  try {
    body();
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "Refusal") return false;
    throw error;
  }
}

/** What iproute2 shows, but for what no two namespaces have alike. */
async function shown(host: Host): Promise<unknown> {
  const commands = [
    "ip -j addr",
    "ip -j route show table all",
    "ip -6 -j route show table all",
    "ip -j rule",
    "ip -6 -j rule",
    "ip -j neigh show nud permanent",
  ];
  const all = await Promise.all(commands.map((command) => witness(host, command)));
  return JSON.parse(JSON.stringify(all), (key, value: unknown) => {
    // Numbers and MAC addresses, what is made of them, and what depends on the moment.
    if (["ifindex", "link_index", "address", "operstate", "link", "flags", "pref", "expires"].includes(key))
      return undefined;
    if (!Array.isArray(value)) return value;
    const kept = value.filter(
      (item: unknown) => !/"(?:local|dst|prefix)":"(?:fe80|ff00|anycast)/.test(JSON.stringify(item)),
    );
    return key === "addr_info" || key === "" ? kept : kept.map((item: unknown) => JSON.stringify(item)).toSorted();
  });
}

test.if(privileged)(
  "what weft changes looks as what ip changes, and is refused where ip is refused",
  async () => {
    await using theirs = await createHost({ label: "beside-ip" });
    await using ours = await createHost({ label: "beside-weft" });
    using place = openPlace({ kind: "path", path: ours.netnsPath }, NO_NAMES);
    const seed = 7;
    const random = new Random(seed);
    const done: string[] = [];
    let succeeded = 0;
    for (let step = 0; step < 400; step++) {
      const change = someChange(random);
      const { exitCode } = await run(theirs, `ip ${change.ip}`);
      // Only to make the two alike: ip leaves a veth's other end down.
      if (exitCode === 0 && change.ip.includes("type veth"))
        await run(theirs, `ip link set p${change.ip.split(" ")[2]} up`);
      const isDone = succeeds(() => change.weft(place));
      done.push(change.ip);
      if (isDone) succeeded++;
      expect({ seed, last: done.slice(-12), isDone }).toEqual({ seed, last: done.slice(-12), isDone: exitCode === 0 });
      if (step % 40 === 39)
        expect({ last: done.slice(-40), shown: await shown(ours) }).toEqual({
          last: done.slice(-40),
          shown: await shown(theirs),
        });
    }
    expect(succeeded).toBeGreaterThan(100);
  },
  60_000,
);
