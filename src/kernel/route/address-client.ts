import type { InterfaceAddress, IpFamily } from "../../net/mod.ts";
import { AF_UNSPEC, addressMessage, familyNumber, RTM_GETADDR, routeRequest } from "../../netlink/route/mod.ts";
import type { Address, LinkIndex } from "../objects/mod.ts";
import { addressFromMessage } from "./address-from-message.ts";
import { addAddressStep, deleteAddressStep, type NewAddress, replaceAddressStep } from "./address-steps.ts";
import { type RouteConnection, sendStep } from "./connection.ts";

export interface AddressFilter {
  readonly link?: LinkIndex;
  readonly family?: IpFamily;
}

/** The IP addresses of one namespace's links. */
export class AddressClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  list({ link, family }: AddressFilter = {}): readonly Address[] {
    const request = routeRequest(RTM_GETADDR, 0, addressMessage, {
      // The kernel heeds the index only on sockets with strict checking: it is checked again below.
      header: { family: family === undefined ? AF_UNSPEC : familyNumber(family), index: link ?? 0 },
      attributes: {},
    });
    return this.#connection
      .dump("list addresses", request)
      .map(({ payload }) => addressFromMessage(addressMessage.decode(payload)))
      .filter((address) => address !== undefined)
      .filter((address) => link === undefined || address.link === link);
  }

  /** @throws {KernelError} `EEXIST` when the link has the address, `ENODEV` when the link is gone. */
  add(address: NewAddress): void {
    sendStep(this.#connection, addAddressStep(address));
  }

  replace(address: NewAddress): void {
    sendStep(this.#connection, replaceAddressStep(address));
  }

  /** @throws {KernelError} `EADDRNOTAVAIL` when the link does not have it. */
  delete(link: LinkIndex, address: InterfaceAddress): void {
    sendStep(this.#connection, deleteAddressStep(link, address));
  }
}
