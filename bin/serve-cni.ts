import { existsSync, mkdirSync, unlinkSync } from "node:fs";
import { pluginSocketPath } from "../src/doors/cni/daemon-call.ts";
import { servePlugins } from "../src/doors/cni/mod.ts";
import { type LinkDeleter, openLinkDeleter } from "../src/kernel/deleter/mod.ts";
import { readLink, readSmallFile } from "../src/sys/mod.ts";

/** Makes the calls of CNI plugins' processes. Links are deleted in a thread that starts with the first. */
export function serveCni(runDirectory: string, onDefect: (what: string, error: unknown) => void): AsyncDisposable {
  let deleter: Promise<LinkDeleter> | undefined;
  const path = pluginSocketPath(runDirectory);
  mkdirSync(`${runDirectory}/cni`, { recursive: true, mode: 0o700 });
  if (existsSync(path)) unlinkSync(path); // a killed daemon's
  const server = servePlugins({
    ...{ runDirectory, onDefect, readFile: readSmallFile, netns: readLink("/proc/self/ns/net") },
    removeLinks: async (indexes) => {
      deleter ??= openLinkDeleter();
      await (await deleter).deleteLinks(indexes);
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await (await deleter)?.[Symbol.asyncDispose]();
    },
  };
}
