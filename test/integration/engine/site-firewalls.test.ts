import { expect, test } from "bun:test";
import {
  ask,
  outsideAddresses,
  type Place,
  privileged,
  runOrThrow,
  type SiteFirewall,
  serve,
  startEngine,
  startFirewalld,
  startUfw,
} from "../../support/mod.ts";

const { outside, host: uplink } = outsideAddresses;
const yes = { expected: true } as const;
const no = { expected: false } as const;

interface Site {
  readonly name: string;
  readonly start: (place: Place) => Promise<SiteFirewall>;
  /** Chains that drop, as the warnings begin. */
  readonly chains: readonly string[];
  readonly commands: string;
  /** Whether it lets through what comes to published ports, unasked. */
  readonly letsPublished: boolean;
  readonly reload: string;
}

const sites: readonly Site[] = [
  {
    name: "ufw",
    start: startUfw,
    chains: ["chain FORWARD of table ip filter (policy drop)", "chain FORWARD of table ip6 filter (policy drop)"],
    commands: "ufw route allow in on weft-+ out on uplink0 && ufw route allow out on weft-+",
    letsPublished: false,
    reload: "ufw reload",
  },
  {
    name: "firewalld",
    start: startFirewalld,
    chains: ["chain filter_FORWARD of table inet firewalld (reject with icmpx"],
    commands: [
      "firewall-cmd --permanent --new-zone=weft",
      "firewall-cmd --permanent --zone=weft --add-interface=weft-+",
      "firewall-cmd --permanent --new-policy=weft-out",
      "firewall-cmd --permanent --policy=weft-out --add-ingress-zone=weft",
      "firewall-cmd --permanent --policy=weft-out --add-egress-zone=ANY",
      "firewall-cmd --permanent --policy=weft-out --set-target=ACCEPT",
      "firewall-cmd --reload",
    ].join(" && "),
    letsPublished: true,
    reload: "firewall-cmd --reload",
  },
];

/** What its owner has of rules, counters aside. */
async function foreignRules(host: Place): Promise<string> {
  const tables = (await runOrThrow(host, "nft list tables")).split("\n").filter((line) => line !== "");
  const theirs = tables.filter((line) => line !== "table inet weft");
  return (await Promise.all(theirs.map((table) => runOrThrow(host, `nft -s list ${table}`)))).join("\n");
}

test.if(privileged).each(sites)(
  "beside $name as it is installed: what it drops, how to let it pass, and neither touches the other's rules",
  async ({ start, chains, commands, letsPublished, reload }) => {
    await using stack = new AsyncDisposableStack();
    let site: SiteFirewall | undefined;
    const engine = stack.use(
      await startEngine({
        label: "site",
        async prepare(host) {
          site = await start(host);
        },
      }),
    );
    if (site === undefined) throw new Error("There is no firewall");
    const firewall = stack.use(site);
    const { api, host, daemon } = engine;
    const before = await foreignRules(host);
    await api.createNetwork({ name: "front", ipv6: true });
    const web = await engine.sandbox("web", {
      networks: ["front"],
      ports: [{ hostPorts: "8080", sandboxPorts: "80" }],
    });
    await using _server = await serve(web, "web", [80]);
    await using _outside = await serve(engine.outside, "outside", [80]);
    const asked = (from: Place, port: number, addresses: readonly string[], wait: { readonly expected: boolean }) =>
      Promise.all(addresses.map(async (address) => (await ask(from, { protocol: "tcp", port, address }, wait))?.by));
    // Not a ping: ufw lets those pass.
    const out = (wait: { readonly expected: boolean }) => asked(web, 80, [outside.ipv4, outside.ipv6], wait);
    const published = (wait: { readonly expected: boolean }) =>
      asked(engine.outside, 8080, [uplink.ipv4, uplink.ipv6], wait);
    const nobody = [undefined, undefined];
    const passes = async (): Promise<void> => {
      expect(await Promise.all([out(yes), published(yes)])).toEqual([
        ["outside", "outside"],
        ["web", "web"],
      ]);
    };

    const { warnings } = await api.info({});
    expect(warnings.map((warning) => chains.findIndex((chain) => warning.startsWith(chain)))).toEqual([
      ...chains.keys(),
    ]);
    for (const warning of warnings) expect(warning.split("to let them pass: ")[1]).toBe(commands);
    expect(await Promise.all([out(no), published(letsPublished ? yes : no)])).toEqual([
      nobody,
      letsPublished ? ["web", "web"] : nobody,
    ]);
    expect(await foreignRules(host)).toBe(before);

    await firewall.run(commands);
    await passes();
    expect((await api.info({})).warnings).toEqual([]);

    // Each may begin again: the other's part stays, and packets pass.
    const ours = await runOrThrow(host, "nft -s list table inet weft");
    await firewall.run(reload);
    expect(await runOrThrow(host, "nft -s list table inet weft")).toBe(ours);
    const theirs = await foreignRules(host);
    await daemon.kill();
    await daemon.start();
    expect(await foreignRules(host)).toBe(theirs);
    await passes();
  },
);
