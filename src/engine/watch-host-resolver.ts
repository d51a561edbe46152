import { type FSWatcher, readlinkSync, realpathSync, watch } from "node:fs";
import { dirname, resolve } from "node:path";
import { type HostResolver, RESOLV_CONF_PATHS, readHostResolver } from "../sys/mod.ts";

/** Who writes such a file does so in several steps. */
const SETTLE_MS = 50;

/**
 * Tells when the host has got other name servers, as a laptop does that changes networks. The file is watched, which is
 * written in place by some, and its directory, where others put a new one in its stead.
 */
export function watchHostResolver(
  onChange: (resolver: HostResolver) => void,
  paths: readonly string[] = RESOLV_CONF_PATHS,
): Disposable {
  let known = JSON.stringify(readHostResolver(paths));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watchers: readonly FSWatcher[] = [];

  const close = (): void => {
    for (const watcher of watchers) watcher.close();
  };
  const open = (): void => {
    close();
    watchers = paths.flatMap((path) => watchFile(path, look));
  };
  function look(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      open(); // the file may be another now
      const resolver = readHostResolver(paths);
      const now = JSON.stringify(resolver);
      if (now === known) return;
      known = now;
      onChange(resolver);
    }, SETTLE_MS);
  }

  open();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      close();
    },
  };
}

/** Watches what there is of a file, where it seems to be and where it is. */
function watchFile(path: string, onEvent: () => void): readonly FSWatcher[] {
  const real = attempt(() => realpathSync(path)) ?? attempt(() => resolve(dirname(path), readlinkSync(path))) ?? path;
  return [...new Set([real, dirname(real), dirname(path)])].flatMap((each) => watchPath(each, onEvent));
}

function watchPath(path: string, onEvent: () => void): readonly FSWatcher[] {
  const watcher = attempt(() => watch(path, onEvent));
  watcher?.on("error", () => {}); // it went away: the directory tells when another comes
  return watcher === undefined ? [] : [watcher];
}

/** Not every host has every file. */
function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
