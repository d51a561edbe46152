import { describe, expect, test } from "bun:test";
import { formatPortPublication, type PortPublication } from "../../model/mod.ts";
import { transportProtocols } from "../../net/mod.ts";
import { readText } from "./compose-fixture.ts";
import { ComposeError } from "./mod.ts";

function ports(list: string): readonly PortPublication[] {
  return readText(`services: {web: {command: run, ports: [${list}]}}`).services[0]?.ports ?? [];
}

/** The same numbers in every run. */
function sequence(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
}

describe("ports", () => {
  test("the short and the long form of one publication are the same", () => {
    const next = sequence(11);
    const addresses = [undefined, "127.0.0.1", "0.0.0.0", "::1", "::", "fd00::7"];
    for (let round = 0; round < 2000; round++) {
      const protocol = transportProtocols[next(3)] ?? "tcp";
      const target = 1 + next(65_535);
      const first = 1 + next(65_000);
      const published = [undefined, `${first}`, `${first}-${first + next(500)}`][next(3)];
      const address = addresses[next(addresses.length)];
      const written = address?.includes(":") ? `[${address}]` : address;
      const host = address === undefined ? (published ?? "") : `${written}:${published ?? ""}`;
      const short = `${host === "" ? "" : `${host}:`}${target}/${protocol}`;
      const long = [
        `target: ${target}`,
        `protocol: ${protocol}`,
        ...(published === undefined ? [] : [`published: "${published}"`]),
        ...(address === undefined ? [] : [`host_ip: "${address}"`]),
      ];
      const [publication] = ports(`"${short}"`);
      expect(ports(`{${long.join(", ")}}`)).toEqual(ports(`"${short}"`));
      expect(publication && ports(`"${formatPortPublication(publication)}"`)).toEqual(ports(`"${short}"`));
    }
  });

  test("any text gives ports or a sentence", () => {
    const next = sequence(5);
    const parts = ["80", "8080", ":", "-", "/", "tcp", "udp", "[::1]", "127.0.0.1", "0", "65536", "[", "]", "x", "."];
    for (let round = 0; round < 5000; round++) {
      const text = Array.from({ length: 1 + next(7) }, () => parts[next(parts.length)]).join("");
      try {
        const found = ports(`"${text}"`);
        expect(found).toHaveLength(1);
        for (const publication of found)
          expect(ports(`"${formatPortPublication(publication)}"`)).toEqual([publication]);
      } catch (error) {
        if (!(error instanceof ComposeError)) throw error;
        expect(error.message).toStartWith(
          "Cannot read compose.yaml:1:40: services.web.ports[0]: cannot parse port publication ",
        );
      }
    }
  });
});

describe("one host port", () => {
  const both = (a: string, b: string): (() => unknown) => {
    return () => readText(`services: {a: {command: x, ports: ['${a}']}, b: {command: x, ports: ['${b}']}}`);
  };
  test.each([
    ["80:1", "80:2"],
    ["80:1", "127.0.0.1:80:2"],
    ["0.0.0.0:80:1", "127.0.0.1:80:2"],
    ["80:1", "[::]:80:2"],
    ["[::]:80:1", "[::1]:80:2"],
    ["80-90:80-90", "85:1"],
  ])("%s and %s cannot both be published", (a, b) => {
    expect(both(a, b)).toThrow('service "a" publishes the same host port');
    expect(both(b, a)).toThrow('service "a" publishes the same host port');
  });
  test.each([
    ["80:1", "80:2/udp"],
    ["127.0.0.1:80:1", "127.0.0.2:80:2"],
    ["0.0.0.0:80:1", "[::]:80:2"],
    ["80", "80"],
    ["80-90:80", "85:1"],
    ["80-90:80", "80-90:81"],
  ])("%s and %s can", (a, b) => {
    expect(both(a, b)).not.toThrow();
  });
});
