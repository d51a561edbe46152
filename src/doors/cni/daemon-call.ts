/** How a plugin's process asks a daemon to do its work: one line of JSON each way. */
export interface DaemonCall {
  readonly calledAs: string;
  /** Those that begin with `CNI_`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly input: string;
  /** What the process's network namespace is called, such as `net:[4026531840]`: a daemon serves its own. */
  readonly netns: string;
}

export interface DaemonAnswer {
  readonly exitCode: number;
  readonly stdout: string;
}

/** The daemon's answer to what a plugin's process has to do by itself. */
export const DECLINED = "declined";

export function pluginSocketPath(runDirectory: string): string {
  return `${runDirectory}/cni/plugin.sock`;
}
