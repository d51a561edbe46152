const MOST_DOMAINS = 16;
/** A name of 255 bytes has no more labels; and a pointer leads backwards, so that nothing is read twice without end. */
const MOST_LABELS = 128;

/** RFC 3397: names as DNS writes them, with pointers into the option itself. */
export function readSearchList(bytes: Uint8Array): readonly string[] | undefined {
  const domains: string[] = [];
  let at = 0;
  while (at < bytes.length && domains.length < MOST_DOMAINS) {
    const name = readName(bytes, at);
    if (name === undefined) return undefined;
    if (isDomain(name.text) && !domains.includes(name.text)) domains.push(name.text);
    at = name.next;
  }
  return domains;
}

function readName(bytes: Uint8Array, start: number): { readonly text: string; readonly next: number } | undefined {
  const labels: string[] = [];
  let next: number | undefined;
  let at = start;
  for (let steps = 0; steps < MOST_LABELS; steps++) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return { text: labels.join("."), next: next ?? at + 1 };
    if ((length & 0xc0) === 0xc0) {
      const low = bytes[at + 1];
      if (low === undefined) return undefined;
      const target = ((length & 0x3f) << 8) | low;
      if (target >= at) return undefined;
      next ??= at + 2;
      at = target;
    } else {
      if (length > 63 || at + 1 + length > bytes.length) return undefined;
      labels.push(new TextDecoder("latin1").decode(bytes.subarray(at + 1, at + 1 + length)).toLowerCase());
      at += 1 + length;
    }
  }
  return undefined;
}

/** Labels of letters, digits, `-` and `_`, in lower case. */
export function isDomain(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/.test(text);
}
