import { expect, test } from "bun:test";
import { parsePortPublication } from "../../model/mod.ts";
import { parseIpAddress, parsePort, parsePortRange, parseTransportProtocol } from "../../net/mod.ts";
import { allocatePorts, formatPublishedPort, type TakenPort } from "./allocate-ports.ts";

/** `ADDRESS PORT/PROTOCOL by WHOM`, `*` for every address. */
function taken(text: string): TakenPort {
  const [address = "", port = "", , ...by] = text.split(" ");
  const [number = "", protocol = ""] = port.split("/");
  return {
    port: {
      protocol: parseTransportProtocol(protocol),
      hostPort: parsePort(number),
      ...(address !== "*" && { hostAddress: parseIpAddress(address) }),
    },
    by: by.join(" "),
  };
}

const options = {
  ephemeral: parsePortRange("32768-32770"),
  heldBy: ({ hostPort }: TakenPort["port"]) => (hostPort === 22 ? "process sshd (pid 9)" : undefined),
};

const cases: readonly { name: string; asked: readonly string[]; taken?: readonly string[]; want: readonly string[] }[] =
  [
    { name: "a port by its name", asked: ["8080:80"], want: ["8080/tcp>80"] },
    { name: "a range", asked: ["7000-7002:9000-9002/udp"], want: ["7000/udp>9000", "7001/udp>9001", "7002/udp>9002"] },
    { name: "a port of its choice", asked: ["80"], taken: ["* 32768/tcp by sandbox a"], want: ["32769/tcp>80"] },
    { name: "ports of its choice", asked: ["80-81"], want: ["32768/tcp>80", "32769/tcp>81"] },
    { name: "the first free of a range", asked: ["22-23:80"], want: ["23/tcp>80"] },
    { name: "what is free at the other protocol", asked: ["53:53/udp"], taken: ["* 53/tcp by a"], want: ["53/udp>53"] },
    {
      name: "another address",
      asked: ["10.0.0.2:80:80"],
      taken: ["10.0.0.1 80/tcp by a"],
      want: ["10.0.0.2:80/tcp>80"],
    },
    { name: "another family", asked: ["[::]:80:80"], taken: ["0.0.0.0 80/tcp by a"], want: ["[::]:80/tcp>80"] },
    { name: "what was named before what is chosen", asked: ["80", "32768:81"], want: ["32769/tcp>80", "32768/tcp>81"] },
    { name: "the same twice as once", asked: ["80:80", "80:80/tcp"], want: ["80/tcp>80"] },
    { name: "two for one sandbox port", asked: ["80:80", "81:80"], want: ["80/tcp>80", "81/tcp>80"] },
    { name: "two choices for the same", asked: ["80", "80"], want: ["32768/tcp>80", "32769/tcp>80"] },
  ];
test.each(cases)("allocatePorts gives $name", ({ asked, taken: others = [], want }) => {
  const ports = allocatePorts(asked.map(parsePortPublication), others.map(taken), options);
  expect(ports.map((port) => `${formatPublishedPort(port)}>${port.sandboxPort}`)).toEqual([...want]);
});

test("allocatePorts publishes on the network's host binding when none is asked for", () => {
  const bound = { ...options, defaultAddress: parseIpAddress("127.0.0.1") };
  const ports = allocatePorts(["80:80", "10.0.0.1:81:81"].map(parsePortPublication), [], bound);
  expect(ports.map(formatPublishedPort)).toEqual(["127.0.0.1:80/tcp", "10.0.0.1:81/tcp"]);
});

const refusals: readonly { asked: readonly string[]; taken: readonly string[]; kind?: string; message: string }[] = [
  { asked: ["8080:80"], taken: ["* 8080/tcp by sandbox web"], message: "8080/tcp: sandbox web has 8080/tcp" },
  {
    asked: ["8080:80"],
    taken: ["127.0.0.1 8080/tcp by sandbox web"],
    message: "8080/tcp: sandbox web has 127.0.0.1:8080/tcp",
  },
  {
    asked: ["127.0.0.1:80:80"],
    taken: ["0.0.0.0 80/tcp by sandbox web"],
    message: "127.0.0.1:80/tcp: sandbox web has 0.0.0.0:80/tcp",
  },
  { asked: ["[::1]:80:80"], taken: ["* 80/tcp by sandbox web"], message: "[::1]:80/tcp: sandbox web has 80/tcp" },
  { asked: ["[::1]:80:80"], taken: [":: 80/tcp by sandbox web"], message: "[::1]:80/tcp: sandbox web has [::]:80/tcp" },
  {
    asked: ["[2001:db8::6b9]:80:80"],
    taken: ["2001:db8::4580 80/tcp by sandbox web"],
    message:
      "[2001:db8::6b9]:80/tcp: sandbox web has [2001:db8::4580]:80/tcp, and the port proxy uses 127.197.203.7 for both",
  },
  {
    asked: ["127.87.0.1:80:80"],
    taken: [":: 80/tcp by sandbox web"],
    message: "127.87.0.1:80/tcp: sandbox web has [::]:80/tcp, and the port proxy uses 127.87.0.1 for both",
  },
  { asked: ["80-82:80-82"], taken: ["* 81/tcp by sandbox web"], message: "81/tcp: sandbox web has 81/tcp" },
  { asked: ["80:80", "80:81"], taken: [], message: "80/tcp: the same sandbox has 80/tcp" },
  { asked: ["22:22"], taken: [], message: "22/tcp: process sshd (pid 9) has it" },
  {
    asked: ["80-83"],
    taken: [],
    kind: "exhausted",
    message: "83/tcp: none of the host ports 32768-32770 is free, for the last of them the same sandbox has 32770/tcp",
  },
  {
    asked: ["10.0.0.1:22-23:80"],
    taken: ["* 23/tcp by sandbox web"],
    kind: "exhausted",
    message: "80/tcp: none of the host ports 22-23 of 10.0.0.1 is free, for the last of them sandbox web has 23/tcp",
  },
];
test.each(refusals)("allocatePorts refuses $message", ({ asked, taken: others, kind = "conflict", message }) => {
  expect(() => allocatePorts(asked.map(parsePortPublication), others.map(taken), options)).toThrow(
    expect.objectContaining({ name: "PortError", kind, message: `Cannot publish port ${message}` }),
  );
});

test("50,000 ports are given in well under a second", () => {
  const start = performance.now();
  const [first, second] = ["10000-34999:10000-34999", "35000-59999:35000-59999/udp"].map(parsePortPublication);
  if (first === undefined || second === undefined) throw new Error("two publications");
  const mine = allocatePorts([first], [], options).map((port) => ({ port, by: "sandbox a" }));
  expect(allocatePorts([second], mine, options)).toHaveLength(25_000);
  expect(performance.now() - start).toBeLessThan(1000);
});
