import { expect, test } from "bun:test";
import { DatagramBatch } from "./datagram-batch.ts";
import { Epoll, EpollEvent } from "./epoll.ts";
import { drainEventFd, openEventFd, signalEventFd } from "./event-fd.ts";
import { bindServerSocket, closeDescriptor, openUdpSocket } from "./inet-socket.ts";

const PORT = 30_000 + (process.pid % 20_000);

/** Answers every datagram with itself and the byte 33, until as many have come. */
async function echo(fd: number, wanted: number): Promise<number> {
  using epoll = new Epoll();
  epoll.add(fd, EpollEvent.readable);
  const batch = new DatagramBatch({ slots: 16, slotBytes: 64, replyBytes: 65 });
  let served = 0;
  for (let idle = 0; served < wanted && idle < 200; idle++) {
    if (epoll.wait(5) === 0) {
      await Bun.sleep(1);
      continue;
    }
    const count = batch.receive(fd);
    for (let slot = 0; slot < count; slot++) {
      const at = batch.replyOffset();
      const length = batch.length(slot);
      batch.replies.set(batch.received.subarray(batch.offset(slot), batch.offset(slot) + length), at);
      batch.replies[at + length] = 33;
      batch.reply(slot, length + 1);
    }
    served += batch.flush(fd);
  }
  return served;
}

test("every datagram is answered to its sender, grouped or not", async () => {
  const fd = openUdpSocket("ipv4");
  bindServerSocket(fd, { bytes: Uint8Array.of(127, 0, 0, 1), port: PORT });
  const heard = [new Set<string>(), new Set<string>(), new Set<string>()];
  const clients = await Promise.all(
    heard.map((own) =>
      Bun.udpSocket({
        connect: { hostname: "127.0.0.1", port: PORT },
        socket: { data: (_, data) => void own.add(data.toString()) },
      }),
    ),
  );
  // Lengths 2 and 3 of each client, so that there are groups of several sizes.
  for (let i = 0; i < 60; i++) for (const [index, client] of clients.entries()) client.send(`${index}${i}`);
  expect(await echo(fd, 180)).toBe(180);
  await Bun.sleep(20);
  for (const [index, own] of heard.entries()) {
    expect([...own].toSorted()).toEqual(Array.from({ length: 60 }, (_, i) => `${index}${i}!`).toSorted());
  }
  for (const client of clients) client.close();
  closeDescriptor(fd);
});

test("a datagram longer than a slot is marked", async () => {
  const fd = openUdpSocket("ipv4");
  bindServerSocket(fd, { bytes: Uint8Array.of(127, 0, 0, 1), port: PORT });
  const client = await Bun.udpSocket({ connect: { hostname: "127.0.0.1", port: PORT } });
  client.send("x".repeat(100));
  client.send("y");
  await Bun.sleep(20);
  const batch = new DatagramBatch({ slots: 4, slotBytes: 64 });
  expect(batch.receive(fd)).toBe(2);
  expect([batch.truncated(0), batch.length(0), batch.truncated(1), batch.length(1)]).toEqual([true, 64, false, 1]);
  expect(batch.receive(fd)).toBe(0);
  client.close();
  closeDescriptor(fd);
});

test("an event descriptor wakes who waits, and counts", () => {
  using epoll = new Epoll();
  const fd = openEventFd();
  epoll.add(fd, EpollEvent.readable);
  expect(epoll.wait(0)).toBe(0);
  signalEventFd(fd);
  signalEventFd(fd);
  expect(epoll.wait(-1)).toBe(1);
  expect(epoll.fd(0)).toBe(fd);
  expect(drainEventFd(fd)).toBe(2);
  expect(epoll.wait(0)).toBe(0);
  epoll.remove(fd);
  closeDescriptor(fd);
});
