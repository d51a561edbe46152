import type { YamlFile } from "../../../yaml-file/mod.ts";
import { applyDown } from "../../compose/apply/mod.ts";
import { readProjectName } from "../../compose/mod.ts";
import { describePlan, formatStep, planDown } from "../../compose/plan/mod.ts";
import { defineCommand } from "../command.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { findProject, namedProject, projectOptions, readingFiles } from "../values/compose-files.ts";
import { netnsDirectory, netnsDirectoryOption } from "../values/netns-directory.ts";
import { plainTopologyName, topologyFile } from "../values/topology-file.ts";
import { observe } from "../views/project.ts";
import { openProjectProgress } from "../views/project-progress.ts";

export const down = defineCommand({
  name: "down",
  summary: "Take down what weft up made",
  details:
    "Everything that carries the project's label goes, also what its files do not have any more. External networks stay. With --project-name no file is read. " +
    "Of a topology everything that carries its mark goes, whatever its file says by now, and its processes end; with --topology no file is read.",
  options: {
    ...projectOptions,
    netnsDirectory: netnsDirectoryOption,
    topology: option.value("NAME", "A topology by its name", anyText),
    dryRun: option.flag("Print what would be removed, and remove nothing"),
    timeout: option.value(
      "SECONDS",
      "How long a program may take to end (default: its stop_grace_period)",
      wholeNumber(0, 3600),
      { short: "t" },
    ),
    removeOrphans: option.flag("As always; for those used to Docker's"),
  },
  operands: {},
  examples: [
    { line: "weft down", says: "The project of the file here or in a directory above" },
    { line: "weft down -f chain.yaml", says: "A topology: its namespaces, links, routes and firewalls" },
    { line: "weft down -p trial -t 2", says: "A project by its name; programs have two seconds" },
  ],
  async run({ options, client, out, host }) {
    const named = options.topology === undefined ? readingFiles(() => namedProject(options, host)) : undefined;
    const input = named === undefined && options.topology === undefined ? findProject(options, host) : undefined;
    const file = input && topologyFile(input);
    if (options.topology !== undefined || file !== undefined) {
      const name = options.topology ?? (file && (plainTopologyName(file) ?? (await carefulName(file)))) ?? "";
      const { takeDownTopology } = await import("../topology-down.ts");
      const directory = netnsDirectory(options.netnsDirectory, host);
      await takeDownTopology({ name, directory, out, host, dryRun: options.dryRun, json: options.json });
      return;
    }
    const name = named ?? readingFiles(() => readProjectName(input ?? findProject(options, host)));
    const plan = planDown(name, await observe(client));
    if (options.dryRun) {
      if (options.json) out.json(describePlan(plan));
      else out.lines(plan.steps.map(formatStep));
      return;
    }
    {
      using progress = openProjectProgress(plan, host);
      const stopTimeout = options.timeout !== undefined && { stopTimeoutMs: options.timeout * 1000 };
      await applyDown(plan, { client, report: progress.report, ...stopTimeout });
    }
    if (options.json) out.json({ project: name, changes: plan.steps.map(formatStep) });
    else if (plan.steps.length === 0) out.note(`${name} is not up: nothing to take down`);
  },
});

async function carefulName(file: YamlFile): Promise<string> {
  const { topologyNameOf } = await import("../topology.ts");
  return topologyNameOf(file);
}
