import type { NetworkView } from "../../../contract/mod.ts";
import { dockerDriver, networkFilterKeys, SCOPE } from "../../docker-shape/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { listFormatOption, printFormatted } from "../template/format.ts";
import { parseFilter, readFilters } from "../values/filters.ts";
import { networkHeadings, networkRow, shortId } from "../views/network.ts";

export const networkLs = defineCommand({
  name: "network ls",
  summary: "List networks",
  options: {
    quiet: option.flag("Print ids only", { short: "q" }),
    noTrunc: option.flag("Print ids in full"),
    filter: option.list(
      "KEY=VALUE",
      `Only networks of which it is so; keys are ${Object.keys(networkFilterKeys).join(", ")}`,
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
    const isWanted = readFilters(options.filter, networkFilterKeys);
    const networks = (await client.listNetworks({}))
      .filter(isWanted)
      .toSorted((a, b) => naturalOrder.compare(a.name, b.name));
    const idOf = ({ id }: NetworkView): string => (options.noTrunc ? id : shortId(id));
    if (options.json) return out.json(networks);
    if (options.quiet) return out.lines(networks.map(idOf));
    const { format } = options;
    if (format !== undefined && !format.isUsual) {
      const rows = networks.map((network) => networkRow(network, idOf(network)));
      return printFormatted(out, format, rows, networkHeadings);
    }
    out.table(networks, {
      "NETWORK ID": idOf,
      NAME: ({ name }) => name,
      DRIVER: ({ driver }) => dockerDriver(driver.kind),
      SCOPE: () => SCOPE,
    });
  },
});

/** net2 before net10, as Docker has it. */
const naturalOrder = new Intl.Collator("en", { numeric: true });
