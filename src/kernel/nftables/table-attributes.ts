import {
  ArpHook,
  type ChainAttributes,
  ChainFlag,
  ChainUserData,
  type chainAttributes,
  findUserDataText,
  Hook,
  INET_INGRESS,
  NetdevHook,
  NfProto,
  type TableAttributes,
  TableFlag,
  TableUserData,
  type tableAttributes,
  userDataText,
  Verdict,
} from "../../netlink/nftables/mod.ts";
import type { InferInput } from "../../wire/mod.ts";
import {
  type NftChain,
  type NftChainType,
  type NftFamily,
  type NftHook,
  type NftHookName,
  type NftTable,
  nftFamilies,
} from "../objects/nftables/mod.ts";

export function familyFromNumber(number: number): NftFamily | undefined {
  return nftFamilies.find((family) => NfProto[family] === number);
}

export function tableToAttributes(table: NftTable): InferInput<typeof tableAttributes> {
  return {
    name: table.name,
    flags: table.dormant === true ? TableFlag.dormant : 0,
    ...(table.comment !== undefined && { userData: [userDataText(TableUserData.comment, table.comment)] }),
  };
}

export function tableFromAttributes(family: NftFamily, attributes: TableAttributes): NftTable {
  const comment = findUserDataText(attributes.userData, TableUserData.comment);
  return {
    family,
    name: attributes.name ?? "",
    ...(comment !== undefined && { comment }),
    ...(((attributes.flags ?? 0) & TableFlag.dormant) !== 0 && { dormant: true }),
  };
}

/** The same hook has other numbers in other families. */
function hookNumbers(family: NftFamily): Partial<Record<NftHookName, number>> {
  switch (family) {
    case "netdev":
      return NetdevHook;
    case "arp":
      return ArpHook;
    case "inet":
      return { ...Hook, ingress: INET_INGRESS };
    default:
      return Hook;
  }
}

export function chainToAttributes(
  family: NftFamily,
  table: string,
  chain: NftChain,
): InferInput<typeof chainAttributes> {
  const { base } = chain;
  return {
    table,
    name: chain.name,
    ...(base !== undefined && {
      type: base.type,
      policy: Verdict[base.policy ?? "accept"],
      flags: ChainFlag.base,
      hook: hookToAttributes(family, chain.name, base),
    }),
    ...(chain.comment !== undefined && { userData: [userDataText(ChainUserData.comment, chain.comment)] }),
  };
}

function hookToAttributes(
  family: NftFamily,
  name: string,
  base: NftHook,
): NonNullable<InferInput<typeof chainAttributes>["hook"]> {
  const number = hookNumbers(family)[base.hook];
  if (number === undefined)
    throw new SyntaxError(`Cannot make chain ${name}: family ${family} has no hook ${base.hook}`);
  const devices = base.devices ?? [];
  return {
    number,
    priority: base.priority,
    ...(devices.length === 1 && devices[0] !== undefined && { device: devices[0] }),
    ...(devices.length > 1 && { devices: { name: devices } }),
  };
}

export function chainFromAttributes(family: NftFamily, attributes: ChainAttributes): NftChain {
  const comment = findUserDataText(attributes.userData, ChainUserData.comment);
  const base = hookFromAttributes(family, attributes);
  return {
    name: attributes.name ?? "",
    ...(base !== undefined && { base }),
    ...(comment !== undefined && { comment }),
  };
}

const chainTypes: readonly NftChainType[] = ["filter", "nat", "route"];

function hookFromAttributes(family: NftFamily, { hook, type, policy }: ChainAttributes): NftHook | undefined {
  const numbers = Object.entries(hookNumbers(family)) as readonly [NftHookName, number][]; // the keys of the record above
  const name = numbers.find(([, number]) => number === hook?.number)?.[0];
  const known = chainTypes.find((candidate) => candidate === type);
  if (hook === undefined || name === undefined || known === undefined) return undefined;
  const devices = hook.devices?.name ?? (hook.device === undefined ? [] : [hook.device]);
  return {
    type: known,
    hook: name,
    priority: hook.priority ?? 0,
    ...(policy === Verdict.drop && { policy: "drop" }),
    ...(devices.length > 0 && { devices }),
  };
}
