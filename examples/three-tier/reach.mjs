// Tries to reach a URL (http://HOST[:PORT]/PATH or tcp://HOST:PORT), says how it went as one line of JSON, and exits with 0 when it
// was reached. A server that answers with an error counts as not reached.
import { get } from "node:http";
import { connect } from "node:net";

const timeoutMs = 800;
const url = new URL(process.argv[2]);

function reachTcp() {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), timeout: timeoutMs });
    socket.on("connect", () => resolve("connected"));
    socket.on("timeout", () => reject(new Error("no answer")));
    socket.on("error", reject);
  });
}

function reachHttp() {
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: timeoutMs }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => (response.statusCode === 200 ? resolve(text.trim()) : reject(new Error(text.trim()))));
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
  });
}

const startedMs = performance.now();
const outcome = await (url.protocol === "tcp:" ? reachTcp() : reachHttp()).then(
  (detail) => ({ reached: true, detail }),
  // Node lists one error for each address that it tried.
  (error) => ({ reached: false, detail: error.code ?? error.errors?.[0]?.code ?? error.message }),
);
console.log(JSON.stringify({ ...outcome, milliseconds: performance.now() - startedMs }));
process.exit(outcome.reached ? 0 : 1);
