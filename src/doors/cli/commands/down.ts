import { applyDown } from "../../compose/apply/mod.ts";
import { readProjectName } from "../../compose/mod.ts";
import { describePlan, formatStep, planDown } from "../../compose/plan/mod.ts";
import { defineCommand } from "../command.ts";
import { option, wholeNumber } from "../option.ts";
import { findProject, namedProject, projectOptions, readingFiles } from "../values/compose-files.ts";
import { observe } from "../views/project.ts";
import { openProjectProgress } from "../views/project-progress.ts";

export const down = defineCommand({
  name: "down",
  summary: "Take down what weft up made",
  details:
    "Everything that carries the project's label goes, also what its files do not have any more. External networks stay. With --project-name no file is read.",
  options: {
    ...projectOptions,
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
    { line: "weft down -p trial -t 2", says: "A project by its name; programs have two seconds" },
  ],
  async run({ options, client, out, host }) {
    const name = readingFiles(() => namedProject(options, host) ?? readProjectName(findProject(options, host)));
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
