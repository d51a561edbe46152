import type { Message } from "../../netlink/connection/mod.ts";
import {
  chainAttributes,
  elementListAttributes,
  generationAttributes,
  NFT_MSG_DELCHAIN,
  NFT_MSG_DELRULE,
  NFT_MSG_DELSET,
  NFT_MSG_DELSETELEM,
  NFT_MSG_DELTABLE,
  NFT_MSG_NEWCHAIN,
  NFT_MSG_NEWGEN,
  NFT_MSG_NEWRULE,
  NFT_MSG_NEWSET,
  NFT_MSG_NEWSETELEM,
  NFT_MSG_NEWTABLE,
  nftMessage,
  ruleAttributes,
  setAttributes,
  tableAttributes,
} from "../../netlink/nftables/mod.ts";
import type { NftFamily } from "../objects/nftables/mod.ts";
import { familyFromNumber } from "./table-attributes.ts";

/** What somebody did to a ruleset. */
export type NftNotification =
  | {
      readonly kind: "new" | "deleted";
      readonly object: "table" | "chain" | "rule" | "set" | "elements";
      readonly family: NftFamily;
      readonly table: string;
      /** Of the chain (also a rule's) or set; the table's own for a table. */
      readonly name: string;
      /** The port id of the socket that committed: our own changes are known by it. 0 when the kernel itself did it. */
      readonly portId: number;
    }
  /** The end of a transaction. */
  | {
      readonly kind: "generation";
      readonly id: number;
      readonly processId: number;
      readonly processName: string;
      readonly portId: number;
    };

/**
 * Reads a notification of the group `NFNLGRP_NFTABLES`. The engine asks with it whether somebody else touched its table.
 *
 * @returns `undefined` for messages that are none of these, such as traces or objects.
 * @throws {DecodeError} when the bytes do not have the message's shape.
 */
export function decodeNftNotification(message: Message): NftNotification | undefined {
  const { type, payload, portId } = message;
  const about = (
    kind: "new" | "deleted",
    object: Exclude<NftNotification, { kind: "generation" }>["object"],
    place: Place,
  ): NftNotification | undefined => {
    const family = familyFromNumber(place.family);
    return family === undefined
      ? undefined
      : { kind, object, family, table: place.table ?? "", name: place.name ?? "", portId };
  };
  switch (type) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE: {
      const { family, body } = nftMessage(tableAttributes).decode(payload);
      return about(type === NFT_MSG_NEWTABLE ? "new" : "deleted", "table", {
        family,
        table: body.name,
        name: body.name,
      });
    }
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN: {
      const { family, body } = nftMessage(chainAttributes).decode(payload);
      return about(type === NFT_MSG_NEWCHAIN ? "new" : "deleted", "chain", {
        family,
        table: body.table,
        name: body.name,
      });
    }
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE: {
      const { family, body } = nftMessage(ruleAttributes).decode(payload);
      return about(type === NFT_MSG_NEWRULE ? "new" : "deleted", "rule", {
        family,
        table: body.table,
        name: body.chain,
      });
    }
    case NFT_MSG_NEWSET:
    case NFT_MSG_DELSET: {
      const { family, body } = nftMessage(setAttributes).decode(payload);
      return about(type === NFT_MSG_NEWSET ? "new" : "deleted", "set", { family, table: body.table, name: body.name });
    }
    case NFT_MSG_NEWSETELEM:
    case NFT_MSG_DELSETELEM: {
      const { family, body } = nftMessage(elementListAttributes).decode(payload);
      return about(type === NFT_MSG_NEWSETELEM ? "new" : "deleted", "elements", {
        family,
        table: body.table,
        name: body.set,
      });
    }
    case NFT_MSG_NEWGEN: {
      const { body } = nftMessage(generationAttributes).decode(payload);
      return {
        kind: "generation",
        id: body.id ?? 0,
        processId: body.processId ?? 0,
        processName: body.processName ?? "",
        portId,
      };
    }
    default:
      return undefined;
  }
}

interface Place {
  readonly family: number;
  readonly table: string | undefined;
  readonly name: string | undefined;
}
