import type { SandboxView } from "../../../contract/mod.ts";
import { containerFilterKeys, formatAge, formatStatus, networkNames } from "../../docker-shape/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { listFormatOption, printFormatted } from "../template/format.ts";
import { parseFilter, readFilters } from "../values/filters.ts";
import { shortId } from "../views/network.ts";
import { formatCommand, formatPorts, sandboxHeadings, sandboxRow, statusColour } from "../views/sandbox.ts";

const filterNames = Object.keys(containerFilterKeys([]));

/** Also `weft sandbox ls`, which shows all of them. */
export const ps = listOfSandboxes("ps", "List sandboxes that run");
export const sandboxLs = listOfSandboxes("sandbox ls", "List sandboxes, also those that do not run");

function listOfSandboxes(name: "ps" | "sandbox ls", summary: string) {
  return defineCommand({
    name,
    summary,
    options: {
      all: option.flag("Also those that do not run", { short: "a" }),
      quiet: option.flag("Print ids only", { short: "q" }),
      noTrunc: option.flag("Print ids and commands in full"),
      filter: option.list(
        "KEY=VALUE",
        `Only sandboxes of which it is so; keys are ${filterNames.join(", ")}`,
        parseFilter,
        { short: "f" },
      ),
      format: listFormatOption,
    },
    operands: {},
    examples: [
      { line: `weft ${name}`, says: "A table" },
      { line: `weft ${name} --all --filter network=backend`, says: "Who is on a network" },
      { line: `weft ${name} --json`, says: "With addresses, for programs" },
    ],
    async run({ options, client, out, host }) {
      const wantsAll =
        options.all || name === "sandbox ls" || options.filter.some(({ key }) => key === "status" || key === "exited");
      const known = await client.listSandboxes({});
      const shown = known.filter(
        ({ status }) => wantsAll || status.state === "running" || status.state === "restarting",
      );
      // The newest first, as Docker has it.
      const sandboxes = shown
        .filter(readFilters(options.filter, containerFilterKeys(known)))
        .toSorted((a, b) => b.created.localeCompare(a.created));
      const idOf = ({ id }: SandboxView): string => (options.noTrunc ? id : shortId(id));
      const now = host.now();
      if (options.json) return out.json(sandboxes);
      if (options.quiet) return out.lines(sandboxes.map(idOf));
      const { format } = options;
      if (format !== undefined && !format.isUsual) {
        const rows = sandboxes.map((sandbox) => sandboxRow(sandbox, { id: idOf(sandbox), full: options.noTrunc, now }));
        return printFormatted(out, format, rows, sandboxHeadings);
      }
      out.table(sandboxes, {
        "SANDBOX ID": idOf,
        COMMAND: (sandbox) => formatCommand(sandbox, { full: options.noTrunc }),
        CREATED: ({ created }) => `${formatAge(Math.max(0, now - Date.parse(created)))} ago`,
        STATUS: { cell: (sandbox) => formatStatus(sandbox, now), colour: statusColour },
        PORTS: formatPorts,
        NETWORKS: (sandbox) => networkNames(sandbox).join(","),
        NAMES: (sandbox) => sandbox.name,
      });
    },
  });
}
