const factors: Readonly<Record<string, number>> = { "": 1, k: 1000, m: 1_000_000, g: 1_000_000_000 };

/** Bytes: `65536`, `500k`, `10M`, `1GB`, each a thousand of the one before. @throws {SyntaxError} */
export function parseByteSize(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,12})([kmg]?)b?$/i.exec(text) ?? [];
  const bytes = digits === "" ? 0 : Number(digits) * (factors[unit.toLowerCase()] ?? 0);
  if (bytes === 0 || bytes > Number.MAX_SAFE_INTEGER) throw new SyntaxError("want bytes, such as 65536, 500k or 10M");
  return bytes;
}
