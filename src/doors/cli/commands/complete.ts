import { readdir } from "node:fs/promises";
import type { ClientContract } from "../../../contract/mod.ts";
import { defineCommand, type World } from "../command.ts";
import { type Candidate, complete as completeWords, type NamesOf } from "../completion/complete.ts";
import { operand } from "../operand.ts";
import { netnsDirectory } from "../values/netns-directory.ts";

/** A shell that waits for a daemon that hangs is worse than one that offers nothing. */
const PATIENCE_MS = 1000;
/** Those of the namespace that this sysfs was mounted in. */
const LINKS = "/sys/class/net";

/** Asked by the scripts of `weft completion`; nobody types it. */
export const complete = defineCommand({
  name: "__complete",
  summary: "Print what may stand where the cursor is",
  options: {},
  operands: { words: operand.command("WORD") },
  program: true,
  daemon: "ask",
  examples: [{ line: "weft __complete -- network rm ''", says: "Names of networks" }],
  async run({ operands, client, out, host }) {
    const { candidates, paths } = await completeWords(operands.words, namesFor({ client, host }));
    out.lines([...candidates.map(({ text, says }) => `${text}\t${says}`), `:${paths}`]);
  },
});

function namesFor({ client, host }: Pick<World, "client" | "host">): NamesOf {
  return async (kind) => {
    if (kind === "netns") return listNames(netnsDirectory(undefined, host), "a name of ip netns");
    if (kind === "link") return listNames(LINKS, "");
    const asking = kind === "network" ? networks(client) : sandboxes(client);
    const timeout = Bun.sleep(PATIENCE_MS).then((): readonly Candidate[] => []);
    return Promise.race([asking.catch((): readonly Candidate[] => []), timeout]);
  };
}

async function networks(client: ClientContract): Promise<readonly Candidate[]> {
  return (await client.listNetworks({})).map(({ name, subnets }) => ({
    text: name,
    says: subnets.map(({ prefix }) => prefix).join(" "),
  }));
}

async function sandboxes(client: ClientContract): Promise<readonly Candidate[]> {
  return (await client.listSandboxes({})).map(({ name, status }) => ({ text: name, says: status.state }));
}

async function listNames(directory: string, says: string): Promise<readonly Candidate[]> {
  const names = await readdir(directory).catch((): readonly string[] => []);
  return names.toSorted().map((text) => ({ text, says }));
}
