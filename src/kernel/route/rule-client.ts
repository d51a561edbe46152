import type { IpFamily } from "../../net/mod.ts";
import { familyNumber, RTM_GETRULE, routeRequest, ruleMessage } from "../../netlink/route/mod.ts";
import type { RoutingRule } from "../objects/mod.ts";
import { type RouteConnection, sendStep } from "./connection.ts";
import { ruleFromMessage } from "./rule-from-message.ts";
import { addRuleStep, deleteRuleStep, type NewRoutingRule } from "./rule-steps.ts";

/** The policy that chooses routing tables, of one namespace. */
export class RuleClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /** In the order in which they are asked; IPv4 first. */
  list(family?: IpFamily): readonly RoutingRule[] {
    const families: readonly IpFamily[] = family === undefined ? ["ipv4", "ipv6"] : [family];
    return families.flatMap((each) => {
      const request = routeRequest(RTM_GETRULE, 0, ruleMessage, {
        header: { family: familyNumber(each) },
        attributes: {},
      });
      return this.#connection
        .dump(`list ${each} routing rules`, request)
        .map(({ payload }) => ruleFromMessage(ruleMessage.decode(payload)))
        .filter((rule) => rule !== undefined);
    });
  }

  add(rule: NewRoutingRule): void {
    sendStep(this.#connection, addRuleStep(rule));
  }

  delete(rule: NewRoutingRule): void {
    sendStep(this.#connection, deleteRuleStep(rule));
  }
}
