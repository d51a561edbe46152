/** Ethernet frames that filters tell apart: every protocol, fragments, options, both IP versions, and cut short. */
export function samplePackets(): readonly Uint8Array<ArrayBuffer>[] {
  const whole = frames();
  // Where a packet ends is part of what a program sees.
  const cut = whole.flatMap((frame) => [10, 14, 20, 23, 34, 38, 47, 54, 58].map((length) => frame.slice(0, length)));
  return [...whole, ...cut];
}

/** Frames whose fields are drawn from few values, so that many filters match some of them. Always the same. */
export function randomPackets(count: number): readonly Uint8Array<ArrayBuffer>[] {
  const random = generator(20_261_124);
  const pick = <T>(values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0];
  const bases = frames();
  return Array.from({ length: count }, () => {
    const frame = Uint8Array.from(bases[Math.floor(random() * bases.length)] ?? []);
    const changes = Math.floor(random() * 6);
    for (let change = 0; change < changes; change++) {
      const at = Math.floor(random() * Math.min(frame.length, 80));
      frame[at] = pick([0, 1, 2, 5, 6, 8, 17, 44, 53, 58, 64, 69, 80, 132, 255, Math.floor(random() * 256)]);
    }
    return random() < 0.2 ? frame.slice(0, Math.floor(random() * frame.length)) : frame;
  });
}

/** Source: Numerical Recipes, "quick and dirty" generators. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

const macs = { one: "020000000001", two: "020000000002", all: "ffffffffffff", all6: "333300000001" };
const ip6s = {
  one: `20010db8${"0".repeat(23)}1`,
  two: `20010db8${"0".repeat(23)}2`,
  far: `20010db8000080${"0".repeat(17)}1`,
};

function frames(): readonly Uint8Array<ArrayBuffer>[] {
  const tcp = (source: number, destination: number, flags: string): string =>
    `${u16(source)}${u16(destination)}00000001000000005${0}${flags}ffff00000000`;
  const udp = (source: number, destination: number, data = ""): string =>
    `${u16(source)}${u16(destination)}${u16(8 + data.length / 2)}0000${data}`;
  const dns = "123401000001000000000000037765620000010001";
  const payloads: readonly (readonly [number, string])[] = [
    [6, tcp(40_000, 80, "02")],
    [6, tcp(80, 40_000, "12")],
    [6, tcp(443, 22, "10")],
    [6, tcp(40_001, 443, "02")],
    [6, tcp(50, 90, "11")],
    [17, udp(53, 53, dns)],
    [17, udp(5353, 53, dns)],
    [17, udp(1024, 0)],
    [132, `${u16(80)}${u16(81)}0000000000000000`],
    [1, "0800f7ff00000000"],
    [1, "0000f7ff00000000"],
    [47, "00000800"],
    [58, "8000000000010001"],
    [58, "8700000000000000"],
  ];
  const ip4 = payloads.flatMap(([protocol, data]) => [
    `${macs.two}${macs.one}0800${ip4Header({ protocol, data })}${data}`,
    `${macs.one}${macs.two}0800${ip4Header({ protocol, data, source: "0a000002", destination: "0a000001" })}${data}`,
    // a later fragment, and a header with options
    `${macs.two}${macs.one}0800${ip4Header({ protocol, data, fragment: 0x2010 })}${data}`,
    `${macs.two}${macs.one}0800${ip4Header({ protocol, data, options: "01010100" })}${data}`,
    `01005e000001${macs.one}0800${ip4Header({ protocol, data, source: "c0a80101", destination: "e0000001" })}${data}`,
    `${macs.two}${macs.one}0800${ip4Header({ protocol, data, source: "0a000001", destination: "0a000001" })}${data}`,
    `${macs.two}${macs.one}0800${ip4Header({ protocol, data, source: "0a000003", destination: "c0a80101" })}${data}`,
    `${macs.two}${macs.one}0800${ip4Header({ protocol, data, source: "0a050003", destination: "0a320101" })}${data}`,
  ]);
  const ip6 = payloads.flatMap(([protocol, data]) => [
    `${macs.two}${macs.one}86dd${ip6Header({ protocol, data })}${data}`,
    `${macs.one}${macs.two}86dd${ip6Header({ protocol, data, source: ip6s.two, destination: ip6s.one })}${data}`,
    `${macs.all6}${macs.one}86dd${ip6Header({ protocol, data, source: ip6s.far, destination: `ff02${"0".repeat(27)}1` })}${data}`,
    `${macs.two}${macs.one}86dd${ip6Header({ protocol, data, source: `fe80${"0".repeat(27)}1`, destination: ip6s.far })}${data}`,
    // a fragment header
    `${macs.two}${macs.one}86dd${ip6Header({ protocol: 44, data })}${u8(protocol)}00000000000001${data}`,
  ]);
  const arp = [
    `${macs.all}${macs.one}08060001080006040001${macs.one}0a000001${"0".repeat(12)}0a000002`,
    `${macs.one}${macs.two}08060001080006040002${macs.two}0a000002${macs.one}0a000001`,
    `${macs.all}${macs.two}80350001080006040003${macs.two}0a000002${macs.two}0a000001`,
  ];
  const other = [`${macs.all}${macs.two}88cc0207040200000000`, `${macs.all}${macs.two}0026424203000000`];
  const padded = [...ip4, ...ip6, ...arp].map((frame, index) => `${frame}${"00".repeat((index * 7) % 90)}`);
  return [...ip4, ...ip6, ...arp, ...other, ...padded].map((text) => new Uint8Array(Buffer.from(text, "hex")));
}

interface HeaderFields {
  readonly protocol: number;
  readonly data: string;
  readonly source?: string;
  readonly destination?: string;
  readonly fragment?: number;
  readonly options?: string;
}

function ip4Header(fields: HeaderFields): string {
  const { protocol, data, source = "0a000001", destination = "0a000002", fragment = 0, options = "" } = fields;
  const words = 5 + options.length / 8;
  const length = words * 4 + data.length / 2;
  return `4${words.toString(16)}00${u16(length)}0000${u16(fragment)}40${u8(protocol)}0000${source}${destination}${options}`;
}

function ip6Header({ protocol, data, source = ip6s.one, destination = ip6s.two }: HeaderFields): string {
  return `60000000${u16(data.length / 2)}${u8(protocol)}40${source}${destination}`;
}

function u8(value: number): string {
  return value.toString(16).padStart(2, "0");
}

function u16(value: number): string {
  return value.toString(16).padStart(4, "0");
}
