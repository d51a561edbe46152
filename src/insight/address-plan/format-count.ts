/** The digits of IPv4's largest number. What is longer is told in powers of two. */
const MOST_DIGITS = 10;
const MOST_FACTOR = 9999n;

/** A number as people read it: `65536`, `2^64`, `3 * 2^64`, `2^64 - 1`. */
export function formatCount(count: bigint): string {
  const digits = count.toString();
  if (digits.length <= MOST_DIGITS) return digits;
  const oneMore = asPower(count + 1n); // the hosts of an IPv6 prefix
  if (oneMore !== undefined) return `${oneMore} - 1`;
  return asPower(count) ?? `about 2^${Math.log2(Number(count)).toFixed(1)}`;
}

/** A small number times a power of two, if it is one. */
function asPower(count: bigint): string | undefined {
  const power = count.toString(2).match(/0*$/)?.[0].length ?? 0;
  const factor = count >> BigInt(power);
  if (factor > MOST_FACTOR) return undefined;
  return factor === 1n ? `2^${power}` : `${factor} * 2^${power}`;
}

/** Of a whole, for people: `0.4 %`. */
export function formatShare(part: bigint, whole: bigint): string {
  const permille = Number((part * 10_000n) / whole) / 100;
  if (part > 0n && permille === 0) return "< 0.01 %";
  return `${permille >= 10 ? permille.toFixed(1) : permille} %`;
}
