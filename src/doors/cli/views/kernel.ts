import type { NextHopView, Ownership } from "../../../insight/state/mod.ts";

/** Whose a thing of the kernel's is: `webapp on backend`, `network backend`, `-`. */
export function formatOwner({ network, sandbox }: Ownership): string {
  if (network === undefined) return "-";
  return sandbox === undefined ? `network ${network}` : `${sandbox} on ${network}`;
}

/** `via 10.0.0.1 (backend/gateway) dev eth0 onlink`. */
export function formatNextHop({ gateway, name, link, onlink, unusable }: NextHopView): string {
  return [
    gateway && `via ${gateway}`,
    name && `(${name})`,
    link && `dev ${link}`,
    onlink && "onlink",
    unusable && "dead",
  ]
    .filter((word) => typeof word === "string" && word !== "")
    .join(" ");
}

/** The flags of a thing that are set, by their names; `-` for none. */
export function formatFlags(flags: Readonly<Record<string, boolean | undefined>>): string {
  const set = Object.keys(flags).filter((name) => flags[name] === true);
  return set.length === 0 ? "-" : set.join(",");
}

/** `10.0.0.2 (webapp)`. */
export function formatNamed(address: string, name: string | undefined): string {
  return name === undefined ? address : `${address} (${name})`;
}
