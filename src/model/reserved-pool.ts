import type { Brand } from "../lib/mod.ts";
import { type IpPrefix, parseIpPrefix } from "../net/mod.ts";

/** The prefix that is reserved, as text: no two reservations overlap. */
export type PoolId = Brand<string, "PoolId">;

/** Address space that another engine has asked us to give addresses of, for a network that it may have made by any driver. */
export interface ReservedPool {
  readonly id: PoolId;
  readonly prefix: IpPrefix;
  /** Where addresses are picked from when nobody asks for one. Default: all of the prefix. */
  readonly range?: IpPrefix;
}

export function poolId(prefix: IpPrefix): PoolId {
  return prefix as string as PoolId;
}

/** @throws {SyntaxError} */
export function parsePoolId(text: string): PoolId {
  return poolId(parseIpPrefix(text));
}
