export type { FirewallElement } from "./elements.ts";
export {
  attachmentChains,
  attachmentRules,
  attachmentSets,
  attachmentTable,
  type FirewallSetName,
  findSet,
  isSenderSet,
  senderChains,
  senderRules,
  senderSets,
  senderTable,
} from "./layout.ts";
export { ATTACHMENT_TABLE, SENDER_TABLE } from "./table-ids.ts";
