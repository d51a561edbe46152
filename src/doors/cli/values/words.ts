/** A parser for one of several words, in capitals or not: iptables has some in capitals. */
export function wordOf<const T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word === text.toLowerCase());
    if (found === undefined) throw new SyntaxError(`want ${words.join(", ")}`);
    return found;
  };
}
