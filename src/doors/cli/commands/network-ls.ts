import type { NetworkView } from "../../../contract/mod.ts";
import { isPredefinedNetwork } from "../../../model/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { listFormatOption, printFormatted } from "../template/format.ts";
import { applyFilters, type FilterTest, hasLabel, parseFilter, readTruth } from "../values/filters.ts";
import { dockerDriver, networkHeadings, networkRow, shortId } from "../views/network.ts";

const filters: Readonly<Record<string, FilterTest<NetworkView>>> = {
  driver: (network, value) => dockerDriver(network) === value || network.driver.kind === value,
  id: ({ id }, value) => id.startsWith(value),
  name: ({ name }, value) => name.includes(value),
  label: ({ labels }, value) => hasLabel(labels, value),
  type: ({ name }, value) => (isPredefinedNetwork(name) ? "builtin" : "custom") === value,
  dangling: ({ name, endpoints }, value) =>
    readTruth("dangling", value) === (endpoints.length === 0 && !isPredefinedNetwork(name)),
  scope: (_, value) => value === "local",
};

export const networkLs = defineCommand({
  name: "network ls",
  summary: "List networks",
  options: {
    quiet: option.flag("Print ids only", { short: "q" }),
    noTrunc: option.flag("Print ids in full"),
    filter: option.list(
      "KEY=VALUE",
      `Only networks of which it is so; keys are ${Object.keys(filters).join(", ")}`,
      parseFilter,
      { short: "f" },
    ),
    format: listFormatOption,
  },
  operands: {},
  examples: [
    { line: "weft network ls", says: "All networks" },
    { line: "weft network ls --quiet --filter label=project=shop", says: "The ids of those with a label" },
    { line: "weft network ls --json", says: "With subnets and endpoints, for programs" },
  ],
  async run({ options, client, out }) {
    const all = await client.listNetworks({});
    const networks = applyFilters(all, options.filter, filters).toSorted((a, b) =>
      naturalOrder.compare(a.name, b.name),
    );
    const idOf = ({ id }: NetworkView): string => (options.noTrunc ? id : shortId(id));
    if (options.json) return out.json(networks);
    if (options.quiet) return out.lines(networks.map(idOf));
    const { format } = options;
    if (format !== undefined && !format.isUsual) {
      const rows = networks.map((network) => networkRow(network, idOf(network)));
      return printFormatted(out, format, rows, networkHeadings);
    }
    out.table(networks, { "NETWORK ID": idOf, NAME: ({ name }) => name, DRIVER: dockerDriver, SCOPE: () => "local" });
  },
});

/** net2 before net10, as Docker has it. */
const naturalOrder = new Intl.Collator("en", { numeric: true });
