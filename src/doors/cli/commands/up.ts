import { applyUp, ServiceFailed } from "../../compose/apply/mod.ts";
import { readComposeProject } from "../../compose/mod.ts";
import { describePlan, formatStep, planUp } from "../../compose/plan/mod.ts";
import { defineCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { printableJson } from "../printable.ts";
import { findProject, projectOptions, readingFiles } from "../values/compose-files.ts";
import { netnsDirectory, netnsDirectoryOption } from "../values/netns-directory.ts";
import { refuseOptions, topologyFile } from "../values/topology-file.ts";
import { describeProject, observe } from "../views/project.ts";
import { openProjectProgress } from "../views/project-progress.ts";

export const up = defineCommand({
  name: "up",
  summary: "Bring the networks and services of a Compose file, or a topology file, to life",
  details:
    "What runs already as the files say stays as it is: only the difference is made. Networks change while the services on them " +
    "go on running. When a service fails, and at Ctrl-C, everything is put back as it was before. Services run in the background; weft down takes them down. A file with the key topology is a topology: namespaces, links, routes, firewalls and processes by name, which " +
    "weft makes by itself, as root, without a daemon (docs/topology.md).",
  options: {
    ...projectOptions,
    netnsDirectory: netnsDirectoryOption,
    profile: option.list("NAME", "Also the services of this profile; * for all", anyText),
    dryRun: option.flag("Print what would be done, a line a step, and do nothing"),
    wait: option.flag("Come back when all services are healthy, or run where nothing tells their health"),
    waitTimeout: option.value(
      "SECONDS",
      "The longest wait for one service (default: as long as it takes)",
      wholeNumber(1, 86_400),
    ),
    removeOrphans: option.flag("Remove services and networks that are in no file any more"),
    keep: option.flag("Leave what was made when something fails, to look at it"),
    timeout: option.value(
      "SECONDS",
      "How long a program that is replaced may take to end (default: its stop_grace_period)",
      wholeNumber(0, 3600),
      { short: "t" },
    ),
    detach: option.flag("As always; for those used to Docker's", { short: "d" }),
    build: option.refused("Weft runs commands of this machine, not images, want it without"),
    scale: option.refused("Weft runs one process of each service, want it without", { takesValue: true }),
  },
  operands: { services: operand.some("SERVICE", { least: 0 }) },
  examples: [
    { line: "weft up", says: "What compose.yaml here or in a directory above says" },
    { line: "weft up --dry-run", says: "What that would do" },
    {
      line: "weft up -f compose.yaml -f test.yaml -p trial --wait",
      says: "Two files merged, under another name, until all is healthy",
    },
    { line: "weft up -f chain.yaml --dry-run", says: "What would change to make a topology as its file says" },
    { line: "weft up api", says: "One service, and what it depends on" },
  ],
  async run({ options, operands, client, out, host, interrupted }) {
    const input = findProject(options, host);
    const file = topologyFile(input);
    if (file !== undefined) {
      refuseOptions({
        SERVICE: operands.services.length > 0,
        "--profile": options.profile.length > 0,
        "--project-name": options.projectName !== undefined,
        "--env-file": options.envFile.length > 0,
        "--remove-orphans": options.removeOrphans,
        "--wait": options.wait,
        "--keep": options.keep,
      });
      const { bringUpTopology } = await import("../topology.ts");
      const directory = netnsDirectory(options.netnsDirectory, host);
      await bringUpTopology({ file, directory, out, host, dryRun: options.dryRun, json: options.json });
      return ExitCode.done;
    }
    const project = readingFiles(() =>
      readComposeProject({
        ...input,
        profiles: options.profile,
        services: operands.services,
      }),
    );
    for (const warning of project.warnings) out.note(`weft: warning: ${warning}`);
    const { removeOrphans, wait } = options;
    const plan = planUp(project, await observe(client), { removeOrphans, wait });
    for (const warning of plan.warnings) out.note(`weft: warning: ${warning}`);
    if (options.dryRun) {
      if (options.json) out.json(describePlan(plan));
      else if (plan.steps.length === 0) out.note(`${project.name} is as the files say: nothing to do`);
      else out.lines(plan.steps.map(formatStep));
      return ExitCode.done;
    }
    const enough = interrupted();
    try {
      using progress = openProjectProgress(plan, host);
      await applyUp(plan, {
        client,
        interrupted: enough,
        keep: options.keep,
        report: progress.report,
        ...(options.timeout !== undefined && { stopTimeoutMs: options.timeout * 1000 }),
        ...(options.waitTimeout !== undefined && { waitTimeoutMs: options.waitTimeout * 1000 }),
      });
    } catch (error) {
      if (options.json && error instanceof ServiceFailed) {
        const { message, service, lines } = error;
        host.stderr.write(`${printableJson({ error: { kind: "failed", message, service, lines } })}\n`);
        return ExitCode.refused;
      }
      if (error !== enough.reason) throw error;
      out.note(`weft: interrupted: ${options.keep ? "what was made is left" : "everything is as it was before"}`);
      return ExitCode.interrupted;
    }
    if (options.json) out.json({ ...(await describeProject(client, project)), changes: plan.steps.map(formatStep) });
    else if (plan.steps.length === 0) out.note(`${project.name} is up as the files say: nothing changed`);
    return ExitCode.done;
  },
});
