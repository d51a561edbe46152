import { createHash } from "node:crypto";
import { type IpPrefix, ipFromBytes, makePrefix } from "../net/mod.ts";
import { readMachineId } from "./machine-id.ts";

let known: IpPrefix | undefined;

/** A /48 of fd00::/8 that is this host's own and stays so: RFC 4193 section 3.2, with the machine id in place of time and EUI. */
export function hostUlaPrefix(): IpPrefix {
  known ??= deriveUlaPrefix();
  return known;
}

function deriveUlaPrefix(): IpPrefix {
  const digest = createHash("sha256").update(readMachineId()).update("weft").digest();
  const bytes = new Uint8Array(16);
  bytes.set([0xfd, ...digest.subarray(0, 5)]);
  return makePrefix(ipFromBytes(bytes), 48);
}
