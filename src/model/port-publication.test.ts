import { expect, test } from "bun:test";
import { parseIpAddress, parsePortRange } from "../net/mod.ts";
import { formatPortPublication, type PortPublication, parsePortPublication } from "./port-publication.ts";

const ports = parsePortRange;
const cases: readonly { text: string; value: PortPublication; formatted: string }[] = [
  { text: "80", value: { protocol: "tcp", sandboxPorts: ports("80") }, formatted: "80/tcp" },
  {
    text: "8080:80",
    value: { protocol: "tcp", hostPorts: ports("8080"), sandboxPorts: ports("80") },
    formatted: "8080:80/tcp",
  },
  {
    text: "127.0.0.1:5353:53/UDP",
    value: {
      protocol: "udp",
      hostAddress: parseIpAddress("127.0.0.1"),
      hostPorts: ports("5353"),
      sandboxPorts: ports("53"),
    },
    formatted: "127.0.0.1:5353:53/udp",
  },
  {
    text: "[::1]:8000-8009:80",
    value: {
      protocol: "tcp",
      hostAddress: parseIpAddress("::1"),
      hostPorts: ports("8000-8009"),
      sandboxPorts: ports("80"),
    },
    formatted: "[::1]:8000-8009:80/tcp",
  },
  {
    text: "10.0.0.1::80/sctp",
    value: { protocol: "sctp", hostAddress: parseIpAddress("10.0.0.1"), sandboxPorts: ports("80") },
    formatted: "10.0.0.1::80/sctp",
  },
  {
    text: "7000-7002:9000-9002",
    value: { protocol: "tcp", hostPorts: ports("7000-7002"), sandboxPorts: ports("9000-9002") },
    formatted: "7000-7002:9000-9002/tcp",
  },
  { text: "0:80", value: { protocol: "tcp", sandboxPorts: ports("80") }, formatted: "80/tcp" },
  { text: ":80", value: { protocol: "tcp", sandboxPorts: ports("80") }, formatted: "80/tcp" },
];

test.each(cases)("parsePortPublication reads $text", ({ text, value, formatted }) => {
  expect(parsePortPublication(text)).toEqual(value);
  expect(formatPortPublication(value)).toBe(formatted);
  expect(parsePortPublication(formatted)).toEqual(value);
});

const refusals = [
  { text: "", detail: "want [ADDRESS:]" },
  { text: "::1:80:80", detail: "want [ADDRESS:]" },
  { text: "[::1]80:80", detail: "want [ADDRESS:]" },
  { text: "80/tcp/udp", detail: "want [ADDRESS:]" },
  { text: "70000:80", detail: 'Cannot parse port "70000": want a number from 1 to 65535' },
  { text: "8080:0", detail: 'Cannot parse port "0"' },
  { text: "90-80:80", detail: 'Cannot parse port range "90-80"' },
  { text: "8000-8001:80-82", detail: "want 3 host ports, there are 2" },
  { text: "80/icmp", detail: "want tcp, udp or sctp" },
  { text: "localhost:80:80", detail: 'Cannot parse IP address "localhost"' },
  { text: "[10.0.0.1]:80:80", detail: "want an IPv6 address in the brackets" },
];
test.each(refusals)("parsePortPublication refuses $text", ({ text, detail }) => {
  expect(() => parsePortPublication(text)).toThrow(detail);
  expect(() => parsePortPublication(text)).toThrow(`Cannot parse port publication ${JSON.stringify(text)}`);
});
