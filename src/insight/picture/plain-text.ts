/** Controls, marks that turn the direction of writing, noncharacters, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|\p{Cs}/gu;

/** A name as a picture may show it. Names come from whoever made the namespace or link, and may hold anything. */
export function plainText(text: string): string {
  return text.replace(UNPRINTABLE, "\ufffd");
}

/** Cut in the middle to so many characters: names differ at either end. */
export function shorten(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (most - 1 - head)).join("")}`;
}

/** Addresses that tell where a link is: not those that every IPv6 link makes itself. */
export function tellingAddresses(addresses: readonly string[]): readonly string[] {
  return addresses.filter((address) => !address.startsWith("fe80:"));
}
