/**
 * A program: sends so many datagrams of 64 bytes, each with its number in front, at a steady rate, and ends. A bounded flood,
 * for tests of what must not lose any.
 *
 * Usage: bun send-datagrams.ts ADDRESS PORT COUNT PER-SECOND
 */
const [address = "", port = "", count = "", perSecond = ""] = process.argv.slice(2);
const socket = await Bun.udpSocket({ connect: { hostname: address, port: Number(port) } });
const total = Number(count);
const payload = new Uint8Array(64);
const batch = Array.from({ length: 64 }, () => payload);
const startedMs = performance.now();
let sent = 0;
while (sent < total) {
  const due = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * Number(perSecond)));
  if (due <= sent) {
    Bun.sleepSync(0.2);
    continue;
  }
  sent += socket.sendMany(batch.slice(0, Math.min(batch.length, due - sent)));
}
const seconds = (performance.now() - startedMs) / 1000;
process.stdout.write(JSON.stringify({ sent, perSecond: Math.round(sent / seconds) }));
socket.close();

export {};
