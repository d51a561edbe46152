// The back: a database of one table, asked in lines over TCP. No dependencies.
import { createServer } from "node:net";

const port = Number(process.env.PORT ?? 5432);
const tables = new Map([["orders", ["a loom", "two shuttles", "a mile of yarn"]]]);

function answer(line) {
  const [verb, table] = line.trim().split(" ");
  const rows = tables.get(table);
  if (rows === undefined) return `ERROR no table ${table}`;
  if (verb === "COUNT") return String(rows.length);
  if (verb === "LIST") return rows.join(", ");
  return `ERROR cannot ${verb}`;
}

createServer((socket) => {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) socket.write(`${answer(line)}\n`);
  });
}).listen(port, "0.0.0.0", () => console.log(`db listens on port ${port}`));
