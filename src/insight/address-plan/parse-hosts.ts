/** A number of interfaces. More than any prefix has are refused later, and by then with what there is. @throws {SyntaxError} */
export function parseHosts(text: string): bigint {
  const hosts = /^\d{1,39}$/.test(text) ? BigInt(text) : 0n;
  if (hosts < 1n)
    throw new SyntaxError(`Cannot parse number of hosts ${JSON.stringify(text)}: want a whole number from 1`);
  return hosts;
}
