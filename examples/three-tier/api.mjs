// The middle: answers webapp, and asks db. No dependencies.
import { createServer } from "node:http";
import { connect } from "node:net";

const port = Number(process.env.PORT ?? 80);

/** One question, one line of answer. */
function ask(question) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "db", port: 5432, timeout: 700 });
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.end(`${question}\n`));
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("end", () => resolve(answer.trim()));
    socket.on("timeout", () => socket.destroy(new Error("db does not answer in time")));
    socket.on("error", reject);
  });
}

const routes = {
  "/": async () => "This is api\n",
  "/health": async () => "healthy\n",
  "/orders": async () => `${await ask("COUNT orders")} orders in db\n`,
};

createServer(async (request, response) => {
  const route = routes[new URL(request.url, "http://api").pathname];
  if (route === undefined) return response.writeHead(404).end("no such thing\n");
  try {
    const text = await route();
    response.writeHead(200, { "content-type": "text/plain" }).end(text);
  } catch (error) {
    response.writeHead(502).end(`${error.message}\n`);
  }
}).listen(port, "0.0.0.0", () => console.log(`api listens on port ${port}`));
