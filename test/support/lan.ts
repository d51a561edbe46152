import { runOrThrow } from "./command.ts";
import { type Host, outsideAddresses } from "./host.ts";

/** Makes a LAN of a host's outside: a switch that the uplink leads to. The outside's addresses are the switch's own, a neighbour on the LAN. */
export async function makeLan({ outside }: Pick<Host, "outside">): Promise<void> {
  const { ipv4, ipv6 } = outsideAddresses.outside;
  const lines = [
    "link add lan0 type bridge forward_delay 0 mcast_snooping 0",
    `addr del ${ipv4}/24 dev host0`,
    `addr del ${ipv6}/64 dev host0`,
    "link set host0 master lan0",
    `addr add ${ipv4}/24 dev lan0`,
    `addr add ${ipv6}/64 dev lan0 nodad`,
    "link set lan0 up",
  ];
  await runOrThrow(outside, "ip -batch -", { stdin: `${lines.join("\n")}\n` });
}

/** Whether the switch sends a frame back where it came from when its destination is there: vepa needs it. */
export async function setHairpin({ outside }: Pick<Host, "outside">, hairpin: boolean): Promise<void> {
  await runOrThrow(outside, `ip link set dev host0 type bridge_slave hairpin ${hairpin ? "on" : "off"}`);
}
