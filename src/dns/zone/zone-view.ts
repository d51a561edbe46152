import { addressFamily } from "../../net/mod.ts";
import { type AnswerRecord, encodeName, foldName, RecordType } from "../codec/mod.ts";
import type { NetworkZone, ZoneAddress, ZoneEndpoint } from "./network-zone.ts";
import { readReverseName } from "./reverse-name.ts";
import type { ZoneLink } from "./zone.ts";

const NO_RECORDS: readonly AnswerRecord[] = [];

/** The names that sandboxes on a list of networks see. */
export class ZoneView {
  readonly key: string;
  readonly networks: readonly NetworkZone[];
  /** Alias to what it stands for, in the order given. */
  readonly #links = new Map<string, { readonly network: NetworkZone; readonly name: string }[]>();

  constructor(options: {
    readonly key: string;
    readonly networks: readonly NetworkZone[];
    readonly links: readonly ZoneLink[];
  }) {
    this.key = options.key;
    this.networks = options.networks;
    for (const link of options.links) {
      const network = this.networks.find(({ id }) => id === link.network);
      if (network === undefined) continue;
      const target = { network, name: foldName(link.name) };
      const alias = foldName(link.alias);
      this.#links.set(alias, [...(this.#links.get(alias) ?? []), target]);
    }
  }

  /** Changes whenever an answer of this view may have changed: versions only grow. */
  get version(): number {
    let sum = 0;
    for (const network of this.networks) sum += network.version;
    return sum;
  }

  /**
   * The records that answer a question. An empty list means that the name is known and has none of that type (NODATA): musl takes a
   * NXDOMAIN of the AAAA question for the whole name. `undefined` means that the name is not ours.
   *
   * As in Docker, the first network (in the sandbox's order) with an address of the family answers alone, with all its addresses:
   * the same alias on another network may be another service.
   *
   * @param name Folded.
   */
  find(name: string, type: number): readonly AnswerRecord[] | undefined {
    const reverse = readReverseName(name);
    if (reverse !== undefined) return this.#findPointer(this.#holder(reverse), type);
    let known = false;
    for (const addresses of this.#candidates(name)) {
      if (addresses === undefined) continue;
      known = true;
      const records = addressRecords(addresses, type);
      if (records.length > 0) return records;
    }
    return known ? NO_RECORDS : undefined;
  }

  /** Whoever may be meant: a link, the name on each network, then the name before a network's own name. */
  *#candidates(name: string): Generator<readonly ZoneAddress[] | undefined> {
    for (const link of this.#links.get(name) ?? []) yield link.network.addresses(link.name);
    for (const network of this.networks) yield network.addresses(name);
    if (!name.includes(".")) return;
    for (const network of this.networks) {
      if (network.name !== undefined && name.endsWith(`.${network.name}`)) {
        yield network.addresses(name.slice(0, -network.name.length - 1));
      }
    }
  }

  #holder(
    address: NonNullable<ReturnType<typeof readReverseName>>,
  ): { endpoint: ZoneEndpoint; network: NetworkZone } | undefined {
    for (const network of this.networks) {
      const endpoint = network.holder(address);
      if (endpoint !== undefined) return { endpoint, network };
    }
    return undefined;
  }

  #findPointer(
    holder: { readonly endpoint: ZoneEndpoint; readonly network: NetworkZone } | undefined,
    type: number,
  ): readonly AnswerRecord[] | undefined {
    if (holder === undefined) return undefined;
    if (type !== RecordType.PTR && type !== RecordType.ANY) return NO_RECORDS;
    for (const name of holder.endpoint.names) {
      const data = pointerData(`${name}.${holder.network.name ?? ""}`) ?? pointerData(name);
      if (data !== undefined) return [{ type: RecordType.PTR, data }];
    }
    return NO_RECORDS;
  }
}

function addressRecords(addresses: readonly ZoneAddress[], type: number): readonly AnswerRecord[] {
  const records: AnswerRecord[] = [];
  for (const { text, bytes } of addresses) {
    const own = addressFamily(text) === "ipv4" ? RecordType.A : RecordType.AAAA;
    if (type === own || type === RecordType.ANY) records.push({ type: own, data: bytes });
  }
  return records;
}

/** `undefined` for what is a fine name of a container or network but cannot be a domain name, such as `a..b`. */
function pointerData(name: string): Uint8Array | undefined {
  try {
    return encodeName(name);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
