import type { NetworkView } from "../../contract/mod.ts";
import { isPredefinedNetwork } from "../../model/mod.ts";
import { anyOf, type FilterKeys, labelFilter, oneOf, patternFilter, readTruth } from "./filters.ts";
import { dockerDriver, SCOPE } from "./network.ts";

/** What `docker network ls --filter` takes. Source: moby, daemon/network/filter.go. */
export const networkFilterKeys: FilterKeys<NetworkView> = {
  dangling: (values) => {
    const wanted = readTruth("dangling", values);
    return ({ name, endpoints }) => wanted === (endpoints.length === 0 && !isPredefinedNetwork(name));
  },
  driver: anyOf(({ driver }, value) => dockerDriver(driver.kind) === value || driver.kind === value),
  id: patternFilter("id", ({ id }) => [id]),
  label: labelFilter,
  name: patternFilter("name", ({ name }) => [name]),
  scope: anyOf((_, value) => value === SCOPE),
  type: oneOf(
    "type",
    ["builtin", "custom"],
    ({ name }, value) => (isPredefinedNetwork(name) ? "builtin" : "custom") === value,
  ),
};
