import type { ClientContract } from "../../contract/mod.ts";
import { parseInterfaceAddress, prefixAddress } from "../../net/mod.ts";
import { type Calls, call } from "./call.ts";
import { nothing, poolSelection, releaseAddress, requestAddress, requestPool } from "./requests.ts";

/** Both of Docker's address spaces are one to us: no two pools of a host overlap. */
const ADDRESS_SPACE = "weft";

/**
 * Docker's remote IPAM driver. What it was given outlasts both daemons, so that nothing has to be asked for again. Source: moby,
 * daemon/libnetwork/docs/ipam.md.
 */
export function ipamDriverCalls(client: ClientContract): Calls {
  return {
    GetCapabilities: call(nothing, async () => ({ RequiresMACAddress: false, RequiresRequestReplay: false })),
    GetDefaultAddressSpaces: call(nothing, async () => ({
      LocalDefaultAddressSpace: ADDRESS_SPACE,
      GlobalDefaultAddressSpace: ADDRESS_SPACE,
    })),
    RequestPool: call(requestPool, async ({ Pool, SubPool, Options, V6 }) => {
      const [unknown] = Object.keys(Options);
      if (unknown !== undefined) {
        throw new SyntaxError(`Cannot use IPAM option ${JSON.stringify(unknown)}: Weft's address allocation has none`);
      }
      const { id, prefix } = await client.reservePool({
        family: V6 === true ? "ipv6" : "ipv4",
        ...(Pool !== undefined && { prefix: Pool }),
        ...(SubPool !== undefined && { range: SubPool }),
      });
      return { PoolID: id, Pool: prefix, Data: {} };
    }),
    ReleasePool: call(poolSelection, async ({ PoolID }) => {
      await client.releasePool({ pool: PoolID });
      return {};
    }),
    RequestAddress: call(requestAddress, async ({ PoolID, Address }) => {
      const address = await client.reserveAddress({
        pool: PoolID,
        ...(Address !== undefined && { address: bare(Address) }),
      });
      return { Address: address, Data: {} };
    }),
    ReleaseAddress: call(releaseAddress, async ({ PoolID, Address }) => {
      await client.releaseAddress({ pool: PoolID, address: bare(Address) });
      return {};
    }),
  };
}

/** With or without the length of its subnet. */
function bare(address: string): string {
  return address.includes("/") ? prefixAddress(parseInterfaceAddress(address)) : address;
}
