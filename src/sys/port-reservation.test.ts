import { afterEach, expect, test } from "bun:test";
import { createServer } from "node:net";
import { reservePort } from "./port-reservation.ts";

/** Loopback addresses and a free port, so that nothing of the machine is in the way. */
const loopback = "127.0.0.77";
const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.77");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a reserved port cannot be taken, until it is given back", async () => {
  const port = await freePort();
  const wanted = { protocol: "tcp", address: loopback, port } as const;
  const reservation = reservePort(wanted);
  open.push(reservation);
  expect(() => Bun.listen({ hostname: loopback, port, socket: { data() {} } })).toThrow("Failed to listen");
  expect(() => reservePort(wanted)).toThrow(expect.objectContaining({ errno: "EADDRINUSE" }));
  open.push(reservePort({ ...wanted, protocol: "udp" }), reservePort({ ...wanted, address: "127.0.0.78" }));
  reservation[Symbol.dispose]();
  reservation[Symbol.dispose]();
  Bun.listen({ hostname: loopback, port, socket: { data() {} } }).stop(true);
});

test("a foreign process's port is refused by its name, also on every address", async () => {
  using server = Bun.listen({ hostname: loopback, port: 0, socket: { data() {} } });
  const { port } = server;
  const name = /Name:\t(.*)/.exec(await Bun.file("/proc/self/status").text())?.[1];
  for (const address of [{ address: loopback }, {}]) {
    expect(() => reservePort({ protocol: "tcp", port, ...address })).toThrow(
      expect.objectContaining({
        name: "PortReservationError",
        errno: "EADDRINUSE",
        holder: `process ${name} (pid ${process.pid})`,
      }),
    );
  }
  expect(() => reservePort({ protocol: "tcp", port })).toThrow(
    `Cannot publish port ${port}/tcp: process ${name} (pid `,
  );
});

test("a port whose server has just gone, leaving connections in TIME_WAIT, can be had", async () => {
  const server = Bun.listen({
    hostname: loopback,
    port: 0,
    socket: { data() {}, open: (socket) => void socket.end() },
  });
  const { port } = server;
  await new Promise<void>((resolve) => {
    Bun.connect({ hostname: loopback, port, socket: { data() {}, close: () => resolve() } });
  });
  server.stop(true);
  open.push(reservePort({ protocol: "tcp", address: loopback, port }));
});

test("an address that the host lacks is refused", () => {
  expect(() => reservePort({ protocol: "udp", address: "203.0.113.9", port: 53 })).toThrow(
    "Cannot publish port 203.0.113.9:53/udp: the host has no address 203.0.113.9, want one that it has",
  );
});

test("SCTP is let through where the kernel has none", () => {
  open.push(reservePort({ protocol: "sctp", address: loopback, port: 3868 }));
});

test("1,000 ports are reserved in milliseconds", () => {
  const start = performance.now();
  for (let i = 0; i < 1000; i++) {
    open.push(reservePort({ protocol: "udp", address: loopback, port: 20_000 + i }));
  }
  expect(performance.now() - start).toBeLessThan(500); // 12 ms here
});
