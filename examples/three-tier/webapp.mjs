// The front: answers people, and asks api for what it does not know. No dependencies.
import { createServer } from "node:http";

const port = Number(process.env.PORT ?? 8080);

const routes = {
  "/": async () => "Welcome to the three-tier shop\n",
  "/health": async () => "healthy\n",
  "/orders": async () => {
    const answer = await fetch("http://api/orders", { signal: AbortSignal.timeout(1000) });
    if (!answer.ok) throw new Error(`api answers ${answer.status}: ${await answer.text()}`);
    return `webapp asked api, which said: ${await answer.text()}`;
  },
};

createServer(async (request, response) => {
  const route = routes[new URL(request.url, "http://webapp").pathname];
  if (route === undefined) return response.writeHead(404).end("no such page\n");
  try {
    const text = await route();
    response.writeHead(200, { "content-type": "text/plain" }).end(text);
  } catch (error) {
    response.writeHead(502).end(`${error.cause?.message ?? error.message}\n`);
  }
}).listen(port, "0.0.0.0", () => console.log(`webapp listens on port ${port}`));
