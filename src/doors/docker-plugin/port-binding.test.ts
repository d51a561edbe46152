import { expect, test } from "bun:test";
import { readPortBinding } from "./port-binding.ts";
import type { PortBinding } from "./requests.ts";

const cases: readonly { says: string; binding: PortBinding; wanted: unknown }[] = [
  {
    says: "-p 8080:80",
    binding: { Proto: 6, Port: 80, HostIP: undefined, HostPort: 8080, HostPortEnd: 8080 },
    wanted: { protocol: "tcp", hostPorts: "8080", sandboxPorts: "80" },
  },
  {
    says: "-p 127.0.0.1::53/udp",
    binding: { Proto: 17, Port: 53, HostIP: "127.0.0.1", HostPort: 0, HostPortEnd: 0 },
    wanted: { protocol: "udp", hostAddress: "127.0.0.1", sandboxPorts: "53" },
  },
  {
    says: "-p [::1]:8000-8010:80/sctp, whichever is free",
    binding: { Proto: 132, Port: 80, HostIP: "::1", HostPort: 8000, HostPortEnd: 8010 },
    wanted: { protocol: "sctp", hostAddress: "::1", hostPorts: "8000-8010", sandboxPorts: "80" },
  },
  {
    says: "an end that is missing",
    binding: { Proto: 6, Port: 80, HostIP: undefined, HostPort: 8080, HostPortEnd: null },
    wanted: { protocol: "tcp", hostPorts: "8080", sandboxPorts: "80" },
  },
];
test.each(cases)("$says", ({ binding, wanted }) => {
  expect<unknown>(readPortBinding(binding)).toEqual(wanted);
});

test("a protocol that has no ports", () => {
  const binding = { Proto: 1, Port: 80, HostIP: undefined, HostPort: 80, HostPortEnd: 80 };
  expect(() => readPortBinding(binding)).toThrow("Cannot publish port 80 of protocol 1: want 6 (tcp)");
});
