import { z } from "zod";

/**
 * What Docker sends, as far as we read it; the rest is dropped, since versions differ. Sources: moby, daemon/libnetwork/drivers/remote/api
 * and daemon/libnetwork/ipams/remote/api. Go writes an empty list or map as `null`.
 */

const LONGEST = 65_536;
const text = z.string().max(4096);
/** Absent, `null` and `""` are one thing: none. */
const optionalText = text.nullish().transform((value) => (value === "" || value === null ? undefined : value));
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

function list<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .max(LONGEST)
    .nullish()
    .transform((value) => value ?? []);
}

function map<T extends z.ZodType>(value: T) {
  return z
    .record(text, value)
    .nullish()
    .transform((entries) => entries ?? {});
}

const subnet = z.object({ Pool: text, Gateway: optionalText, AuxAddresses: map(text) });

/** Options of a network; what `docker network create -o` says is under the first key. */
const networkOptions = z
  .object({
    "com.docker.network.generic": map(text),
    "com.docker.network.internal": flag,
    "com.docker.network.enable_ipv4": flag,
    "com.docker.network.enable_ipv6": flag,
  })
  .nullish();

export const createNetwork = z.object({
  NetworkID: text,
  Options: networkOptions,
  IPv4Data: list(subnet),
  IPv6Data: list(subnet),
});
export type CreateNetwork = z.output<typeof createNetwork>;

export const networkSelection = z.object({ NetworkID: text });

export const createEndpoint = z.object({
  NetworkID: text,
  EndpointID: text,
  Interface: z
    .object({ Address: optionalText, AddressIPv6: optionalText, MacAddress: optionalText })
    .nullish()
    .transform((value) => value ?? { Address: undefined, AddressIPv6: undefined, MacAddress: undefined }),
});
export type CreateEndpoint = z.output<typeof createEndpoint>;

export const endpointSelection = z.object({ NetworkID: text, EndpointID: text });
export const joinEndpoint = endpointSelection.extend({ SandboxKey: text });

const port = z.int().min(0).max(65_535);
const portBinding = z.object({
  /** Of IP: 6, 17 or 132. */
  Proto: z.int().min(0).max(255),
  Port: port,
  HostIP: optionalText,
  /** 0: whichever is free. */
  HostPort: port.nullish(),
  HostPortEnd: port.nullish(),
});
export type PortBinding = z.output<typeof portBinding>;

export const programConnectivity = endpointSelection.extend({
  Options: z.object({ "com.docker.network.portmap": list(portBinding) }).nullish(),
});

export const requestPool = z.object({
  Pool: optionalText,
  SubPool: optionalText,
  Options: map(text),
  V6: flag,
});
export const poolSelection = z.object({ PoolID: text });
export const requestAddress = poolSelection.extend({ Address: optionalText });
export const releaseAddress = poolSelection.extend({ Address: text });
export const nothing = z.unknown();
