import { unreachable } from "../../lib/mod.ts";
import { ByteorderOp, type ExpressionInput, ExthdrOp, PayloadBase } from "../../netlink/nftables/mod.ts";
import {
  ctKeys,
  metaKeys,
  type NftTarget,
  nftField,
  payloadField,
  protocolFacts,
  requiredProtocols,
  selectorFields,
} from "../objects/nftables/mod.ts";
import { immediate, type RuleCompilation, type Statement } from "./compile-context.ts";
import { ctDirection, loadSelector, requireProtocols, TCPOPT_MAXSEG } from "./compile-selector.ts";
import { valueBytes } from "./value-bytes.ts";

/** Writes a constant, or what a selector gives, to a mark, to the connection or into the packet. */
export function compileAssignment(rule: RuleCompilation, { target, value }: Statement<"assign">): void {
  const [field = nftField("integer")] = selectorFields(target);
  rule.require(requiredProtocols(target));
  if (typeof value === "object") {
    requireProtocols(rule, value);
    loadSelector(rule, value);
    const [from = field] = selectorFields(value);
    // A named map's values have the target's type; all else says its own order.
    if (value.kind !== "mapped" && from.order !== field.order && field.bytes > 1) {
      const operator = field.order === "network" ? ByteorderOp.toNetwork : ByteorderOp.toHost;
      rule.emit({
        name: "byteorder",
        data: { source: 0, destination: 0, operator, length: field.bytes, size: field.bytes },
      });
    }
  } else rule.emit(immediate(0, valueBytes(field, value)));
  rule.emit(storeExpression(target));
}

/** Internet checksums and where they stand in their header. Source: RFC 791, RFC 768, RFC 9293, RFC 4443. */
const checksumOffsets: Readonly<Record<string, number>> = { ip: 10, udp: 6, tcp: 16, icmp: 2, icmpv6: 2 };
const NFT_PAYLOAD_CSUM_INET = 1;
const NFT_PAYLOAD_L4CSUM_PSEUDOHDR = 1;

function storeExpression(target: NftTarget): ExpressionInput {
  switch (target.kind) {
    case "meta":
      return { name: "meta", data: { key: metaKeys[target.key].number, source: 0 } };
    case "ct":
      return { name: "ct", data: { key: ctKeys[target.key].number, source: 0, ...ctDirection(target) } };
    case "tcpOption": {
      const { type, offset, length } = TCPOPT_MAXSEG;
      return { name: "exthdr", data: { operator: ExthdrOp.tcpOption, type, offset, length, source: 0 } };
    }
    case "payload": {
      const { protocol, offset, field } = payloadField(target.field);
      const checksumOffset = checksumOffsets[protocol];
      // A checksum counts in words of 16 bits: half of one cannot be written alone.
      if (checksumOffset !== undefined && field.bytes % 2 !== 0)
        throw new TypeError(`Cannot assign to ${target.field}: it has one byte, want two or more`);
      const isAddress = field.type === "ipv4_addr" || field.type === "ipv6_addr";
      return {
        name: "payload",
        data: {
          source: 0,
          base: PayloadBase[protocolFacts[protocol].base],
          offset,
          length: field.bytes,
          ...(checksumOffset !== undefined && { checksumType: NFT_PAYLOAD_CSUM_INET, checksumOffset }),
          ...(isAddress && { checksumFlags: NFT_PAYLOAD_L4CSUM_PSEUDOHDR }),
        },
      };
    }
    default:
      return unreachable(target);
  }
}
