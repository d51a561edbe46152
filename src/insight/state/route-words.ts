/** Who made a route. Source: `RTPROT_*` in include/uapi/linux/rtnetlink.h. */
const protocolNames: ReadonlyMap<number, string> = new Map([
  [0, "unspecified"],
  [1, "redirect"],
  [2, "kernel"],
  [3, "boot"],
  [4, "static"],
  [8, "gated"],
  [9, "ra"],
  [10, "mrt"],
  [11, "zebra"],
  [12, "bird"],
  [13, "dnrouted"],
  [14, "xorp"],
  [15, "ntk"],
  [16, "dhcp"],
  [17, "mrouted"],
  [18, "keepalived"],
  [42, "babel"],
  [84, "ovn"],
  [99, "openr"],
  [186, "bgp"],
  [187, "isis"],
  [188, "ospf"],
  [189, "rip"],
  [192, "eigrp"],
]);

export function routeProtocolName(protocol: number): string {
  return protocolNames.get(protocol) ?? String(protocol);
}

/** Source: `enum rt_class_t` in include/uapi/linux/rtnetlink.h. */
const tables = { default: 253, main: 254, local: 255 } as const;

/** `main` for 254; the number itself where there is no name. What /etc/iproute2 calls a table only iproute2 knows. */
export function routingTableName(table: number): string {
  for (const [name, number] of Object.entries(tables)) if (number === table) return name;
  return String(table);
}

/** @throws {SyntaxError} */
export function parseRoutingTable(text: string): number {
  for (const [name, number] of Object.entries(tables)) if (name === text) return number;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 0xffffffff) {
    throw new SyntaxError(
      `Cannot parse routing table ${JSON.stringify(text)}: want main, local, default or a number from 1 to 4294967295`,
    );
  }
  return number;
}
