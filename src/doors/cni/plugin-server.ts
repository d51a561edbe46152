import {
  type KeptAttachments,
  keepAttachments,
  NetworkKernel,
  type NetworkKernelOptions,
  type Workplace,
} from "../../attachments/mod.ts";
import { CniErrorCode } from "./cni-error.ts";
import { type DaemonAnswer, type DaemonCall, DECLINED, pluginSocketPath } from "./daemon-call.ts";
import { Declined, type PluginOutcome, runPlugin } from "./run-plugin.ts";

export interface PluginServerOptions {
  readonly runDirectory: string;
  /** Name of the network namespace that is served, as in `DaemonCall`. */
  readonly netns: string;
  readonly readFile: (path: string) => string;
  readonly removeLinks: NonNullable<NetworkKernelOptions["removeLinks"]>;
  readonly onDefect: (what: string, error: unknown) => void;
}

const INPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Makes the calls of plugins' processes in this one, which has everything loaded: it takes the same lock for each, and keeps nothing
 * but its sockets, so that a plugin that finds no daemon does the same by itself.
 */
export function servePlugins(options: PluginServerOptions): AsyncDisposable {
  const { runDirectory, onDefect } = options;
  const kept = keepAttachments(runDirectory);
  const host = new NetworkKernel({ removeLinks: options.removeLinks });
  let last: Promise<void> = Promise.resolve();
  let isEnding = false;
  const answerInTurn = (line: string, answer: (text: string) => void): void => {
    last = last.then(async () => {
      try {
        if (isEnding) throw new Declined("the daemon ends");
        answer(JSON.stringify(await makeCall(JSON.parse(line) as DaemonCall, { host, kept }, options))); // from our own program, as root
      } catch (error) {
        if (!(error instanceof Declined)) onDefect("a call of the CNI plugin", error);
        answer(DECLINED);
      }
    });
  };
  const server = Bun.listen<{ text: string; decoder: TextDecoder }>({
    unix: pluginSocketPath(runDirectory),
    socket: {
      open: (socket) => {
        socket.data = { text: "", decoder: new TextDecoder() };
      },
      data: (socket, bytes) => {
        socket.data.text += socket.data.decoder.decode(bytes, { stream: true });
        if (socket.data.text.length > INPUT_LIMIT_BYTES) return void socket.terminate();
        if (!socket.data.text.endsWith("\n")) return;
        answerInTurn(socket.data.text, (text) => void socket.end(`${text}\n`));
      },
    },
  });
  return {
    /** The call under way ends well; who still waits for his turn makes his call by himself. */
    async [Symbol.asyncDispose]() {
      isEnding = true;
      server.stop();
      await last;
      server.stop(true);
      host[Symbol.dispose]();
      kept[Symbol.dispose]();
    },
  };
}

interface Kept {
  readonly host: NetworkKernel;
  readonly kept: KeptAttachments;
}

async function makeCall(call: DaemonCall, { host, kept }: Kept, options: PluginServerOptions): Promise<DaemonAnswer> {
  if (call.netns !== options.netns) throw new Declined("another network namespace");
  const outcome = await runPlugin({
    calledAs: call.calledAs,
    variables: call.variables,
    openWorkplace: async (): Promise<Workplace & Disposable> => {
      const attachments = await kept.open();
      return { store: attachments.store, host, [Symbol.dispose]: () => attachments[Symbol.dispose]() };
    },
    readInput: () => call.input,
    readFile: options.readFile,
    execute: () => {
      throw new Declined("another plugin is to be run");
    },
    fileExists: () => true,
  });
  // The caller may have another mount namespace than the daemon, in which the path does open one.
  if (errorCode(outcome) === CniErrorCode.invalidNetns) throw new Declined("a path that opens no namespace here");
  return outcome;
}

function errorCode({ exitCode, stdout }: PluginOutcome): number | undefined {
  return exitCode === 0 ? undefined : (JSON.parse(stdout) as { readonly code: number }).code; // as `runPlugin` wrote it
}
