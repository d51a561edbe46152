export { type NodeFinding, readNodeCondition, setSwitches } from "./node-condition.ts";
