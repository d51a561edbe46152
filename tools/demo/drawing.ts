import { colour } from "./terminal.ts";

/** Who is on a network, each with their address. */
export interface Membership {
  readonly network: string;
  readonly members: readonly { readonly name: string; readonly address: string }[];
}

/** The networks side by side, as boxes with those who are on them. */
export function drawNetworks(networks: readonly Membership[]): readonly string[] {
  const boxes = networks.map(({ network, members }) => {
    const lines = members.map(({ name, address }) => `${name} ${address}`);
    const width = Math.max(network.length + 2, ...lines.map((line) => line.length)) + 2;
    return { network, lines, width };
  });
  const height = Math.max(1, ...boxes.map(({ lines }) => lines.length));
  const rows = Array.from({ length: height }, (_, index) =>
    boxes.map(({ lines, width }) => `│ ${(lines[index] ?? "").padEnd(width - 2)} │`).join("  "),
  );
  return [
    boxes
      .map(({ network, width }) => `┌ ${colour.bold(network)} ${"─".repeat(width - network.length - 2)}┐`)
      .join("  "),
    ...rows,
    boxes.map(({ width }) => `└${"─".repeat(width)}┘`).join("  "),
  ].map((line) => `  ${line}`);
}
