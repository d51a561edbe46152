import { describe, expect, test } from "bun:test";
import { chainOwner, ruleOwner, tableOwner } from "./firewall-owner.ts";

describe("the owner of a table", () => {
  test.each([
    ["inet", "weft", [], "weft"],
    ["ip", "weft", [], "somebody"],
    ["ip", "docker-bridges", ["filter-FORWARD"], "docker"],
    ["inet", "firewalld", [], "firewalld"],
    ["ip", "filter", ["INPUT", "DOCKER"], "iptables-nft"],
    ["ip6", "nat", ["POSTROUTING"], "iptables-nft"],
    ["inet", "filter", ["input"], "somebody"], // Debian's example in /etc/nftables.conf
    ["ip", "filter", ["input"], "somebody"],
    ["ip", "kube-proxy", [], "kube-proxy"],
    ["inet", "f2b-table", [], "fail2ban"],
    ["inet", "weftish", [], "somebody"],
  ] as const)("of %s %s with %j is %s", (family, name, chains, owner) => {
    expect(tableOwner(family, name, chains)).toBe(owner);
  });
});

describe("the owner of a chain", () => {
  test.each([
    ["weft", "forward", "weft"],
    ["weft", "admin", "administrator"],
    ["iptables-nft", "INPUT", "iptables-nft"],
    ["iptables-nft", "DOCKER", "docker"],
    ["iptables-nft", "DOCKER-ISOLATION-STAGE-1", "docker"],
    ["iptables-nft", "DOCKER-USER", "administrator"],
    ["iptables-nft", "ufw-user-input", "ufw"],
    ["iptables-nft", "ufw6-before-input", "ufw"],
    ["iptables-nft", "KUBE-SERVICES", "kube-proxy"],
    ["iptables-nft", "IN_public_allow", "firewalld"],
    ["iptables-nft", "FORWARD_direct", "firewalld"],
    ["iptables-nft", "DOCKERISH", "somebody"],
    ["iptables-nft", "mine", "somebody"],
    ["firewalld", "filter_INPUT", "firewalld"],
  ] as const)("in a table of %s, %s is %s", (table, chain, owner) => {
    expect(chainOwner(table, chain)).toBe(owner);
  });
});

describe("the owner of a rule", () => {
  test.each([
    [{ chain: "ufw", text: "accept" }, "ufw"],
    [{ chain: "administrator", text: "drop" }, "administrator"],
    [{ chain: "iptables-nft", text: "jump DOCKER-USER", target: "DOCKER-USER" }, "docker"],
    [{ chain: "iptables-nft", text: "jump ufw-before-input", target: "ufw-before-input" }, "ufw"],
    [{ chain: "iptables-nft", text: "jump mine", target: "mine" }, "somebody"],
    [{ chain: "iptables-nft", text: 'oifname != "docker0" ip saddr 172.17.0.0/16 masquerade' }, "docker"],
    [{ chain: "iptables-nft", text: "-s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE" }, "docker"],
    [{ chain: "iptables-nft", text: 'iifname "docker01" accept' }, "somebody"],
    [{ chain: "iptables-nft", text: "tcp dport 22 accept" }, "somebody"],
  ] as const)("%j is of %s", (rule, owner) => {
    expect(ruleOwner(rule)).toBe(owner);
  });
});
