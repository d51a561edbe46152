/**
 * Docker's names of the networks that nobody has to make. `host` and `none` are always there; `bridge` is made when a sandbox first
 * wants it, and may be removed or made with other settings.
 */
export const PredefinedNetwork = { bridge: "bridge", host: "host", none: "none" } as const;
export type PredefinedNetwork = (typeof PredefinedNetwork)[keyof typeof PredefinedNetwork];

export function isPredefinedNetwork(name: string): name is PredefinedNetwork {
  return Object.hasOwn(PredefinedNetwork, name); // a key and its name are the same
}
