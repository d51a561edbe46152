import type { IpamOptions, Subnet } from "../../model/mod.ts";
import {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  ipFromValue,
  ipValue,
  prefixAddress,
  prefixContains,
  prefixFamily,
  prefixSize,
  specialAddresses,
} from "../../net/mod.ts";
import { IpamError } from "./ipam-error.ts";
import { ReleasedOffsets } from "./released-offsets.ts";

/**
 * The addresses of one subnet that sandboxes have. Holds no clock and no randomness: the same calls give the same addresses.
 *
 * Whatever lies at or above `#next` was never handed out; what was handed out below it and came back waits in a heap. So neither a full pool nor a
 * large one is ever searched.
 */
export class AddressPool {
  readonly prefix: IpPrefix;
  readonly #family: IpFamily;
  /** Where addresses are picked from. */
  readonly #range: IpPrefix;
  readonly #rangeFirst: bigint;
  readonly #rangeSize: bigint;
  /** What is never handed out, by what it is. */
  readonly #reserved: ReadonlyMap<IpAddress, string>;
  readonly #used = new Set<IpAddress>();
  readonly #released = new ReleasedOffsets();
  readonly #serial: boolean;
  #next = 0n;

  /** @param serial What comes back is handed out again only after all that never were. Default: at once, the lowest first. */
  constructor(subnet: Subnet, { serial }: IpamOptions = { serial: false }) {
    this.#serial = serial;
    this.prefix = subnet.prefix;
    this.#family = prefixFamily(subnet.prefix);
    this.#range = subnet.range ?? subnet.prefix;
    this.#rangeFirst = ipValue(prefixAddress(this.#range));
    this.#rangeSize = prefixSize(this.#range);
    this.#reserved = new Map([
      ...specialAddresses(subnet.prefix),
      ...Object.entries(subnet.auxiliary).map(
        ([purpose, address]) => [address, `auxiliary address ${purpose}`] as const,
      ),
      ...(subnet.gateway === undefined ? [] : [[subnet.gateway, "gateway"] as const]),
    ]);
  }

  /** How many are in use. */
  get size(): number {
    return this.#used.size;
  }

  has(address: IpAddress): boolean {
    return this.#used.has(address);
  }

  /**
   * The lowest free address of the range.
   *
   * @throws {IpamError} `exhausted`.
   */
  allocate(): IpAddress {
    const address = this.#serial ? (this.#fresh() ?? this.#again()) : (this.#again() ?? this.#fresh());
    if (address === undefined) throw new IpamError("exhausted", this.#exhaustion());
    this.#used.add(address);
    return address;
  }

  /** The lowest that came back. */
  #again(): IpAddress | undefined {
    for (let offset = this.#released.take(); offset !== undefined; offset = this.#released.take()) {
      const address = this.#at(offset);
      if (this.#isFree(address)) return address; // else it was asked for by name in the meantime
    }
    return undefined;
  }

  /** The lowest that was never handed out. */
  #fresh(): IpAddress | undefined {
    while (this.#next < this.#rangeSize) {
      const address = this.#at(this.#next);
      this.#next += 1n;
      if (this.#isFree(address)) return address;
    }
    return undefined;
  }

  /**
   * Takes the one address that was asked for, anywhere in the subnet.
   *
   * @throws {IpamError} `invalid` outside the subnet or when it is reserved, `conflict` when it is in use.
   */
  reserve(address: IpAddress): void {
    if (!prefixContains(this.prefix, address)) {
      throw new IpamError("invalid", `Cannot use address ${address}: want one of subnet ${this.prefix}`);
    }
    const reserved = this.#reserved.get(address);
    if (reserved !== undefined) {
      throw new IpamError("invalid", `Cannot use address ${address}: it is the ${reserved} of subnet ${this.prefix}`);
    }
    if (this.#used.has(address)) {
      throw new IpamError(
        "conflict",
        `Cannot use address ${address}: another endpoint of subnet ${this.prefix} has it`,
      );
    }
    this.#used.add(address);
  }

  /** Makes it free at once; nothing happens when it was. */
  release(address: IpAddress): void {
    if (!this.#used.delete(address)) return;
    const offset = ipValue(address) - this.#rangeFirst;
    if (offset >= 0n && offset < this.#next) this.#released.add(offset);
  }

  #at(offset: bigint): IpAddress {
    return ipFromValue(this.#family, this.#rangeFirst + offset);
  }

  #isFree(address: IpAddress): boolean {
    return !this.#used.has(address) && !this.#reserved.has(address);
  }

  #exhaustion(): string {
    const inRange = (addresses: Iterable<IpAddress>): number =>
      Array.from(addresses).filter((address) => prefixContains(this.#range, address)).length;
    const where = this.#range === this.prefix ? `subnet ${this.prefix}` : `ip-range ${this.#range} of ${this.prefix}`;
    return `Cannot allocate an address in ${where}: of ${this.#rangeSize}, ${inRange(this.#used)} are in use and ${inRange(this.#reserved.keys())} reserved`;
  }
}
