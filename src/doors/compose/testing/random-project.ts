/** A small generator of known sequences, so that a failure can be played again. */
export function randomSequence(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const NETWORKS = ["n0", "n1", "n2"];
const SERVICES = ["s0", "s1", "s2", "s3"];

/** A project of few names and many shapes: two of them differ in anything that a file can change. */
export function randomProject(pick: (limit: number) => number): string {
  const one = <T>(choices: readonly T[]): T => {
    const found = choices[pick(choices.length)];
    if (found === undefined) throw new Error("nothing to choose from");
    return found;
  };
  const networks = NETWORKS.filter(() => pick(4) > 0);
  const subnets = new Map(networks.map((name, index) => [name, pick(3) === 0 ? `10.${index}.${pick(2)}` : undefined]));
  const services = SERVICES.filter(() => pick(4) > 0);
  const shape = (name: string, index: number): string => {
    const earlier = services.slice(0, index);
    const keys = [`command: sleep ${one(["1000", "2000"])}`];
    const mode = pick(8);
    const isGuest = mode === 2 && earlier.length > 0;
    if (mode === 0) keys.push("network_mode: none");
    else if (mode === 1) keys.push("network_mode: host");
    else if (isGuest) keys.push(`network_mode: "service:${one(earlier)}"`);
    else if (networks.length > 0) {
      const on = networks.filter(() => pick(2) > 0);
      const options = on.map((network) => {
        const subnet = subnets.get(network);
        // One that the engine would soon choose for somebody else.
        const address = subnet !== undefined && pick(2) === 0 ? `, ipv4_address: ${subnet}.${2 + index}` : "";
        return `${network}: {aliases: [${one(["x", "y"])}], gw_priority: ${pick(2)}${address}}`;
      });
      if (on.length > 0) keys.push(`networks: {${options.join(", ")}}`);
      if (pick(3) === 0) keys.push(`ports: ["${one(["", "127.0.0.1:"])}${8000 + index}:80"]`);
    }
    if (earlier.length > 0 && pick(2) === 0 && !isGuest) keys.push(`depends_on: [${one(earlier)}]`);
    if (pick(3) === 0) keys.push(`container_name: ${name}-${one(["p", "q"])}`);
    if (pick(3) === 0) keys.push(`environment: {V: "${pick(3)}"}`);
    if (pick(4) === 0) keys.push("labels: {l: x}");
    if (pick(4) === 0 && !isGuest) keys.push(`hostname: ${one(["h", "i"])}`);
    return `  ${name}: {${keys.join(", ")}}`;
  };
  const declared = networks.map((name) => {
    const keys: string[] = [];
    if (pick(3) === 0) keys.push("internal: true");
    const subnet = subnets.get(name);
    if (subnet !== undefined) keys.push(`ipam: {config: [{subnet: ${subnet}.0/24}]}`);
    if (pick(5) === 0) keys.push(`name: ${name}-renamed`);
    return `  ${name}: {${keys.join(", ")}}`;
  });
  const body = services.length === 0 ? ["  s0: {command: sleep 1000}"] : services.map(shape);
  return ["services:", ...body, "networks:", ...declared].join("\n").replace(/networks:$/, "");
}
