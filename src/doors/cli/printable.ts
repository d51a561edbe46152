// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/** Those that JSON.stringify leaves as they are. */
const UNESCAPED = /[\u007f-\u009f]/g;

/** Text for one line of a terminal: what another user put into a label or a program wrote must not steer it. */
export function printable(text: string): string {
  return text.replace(CONTROL, " ");
}

/** The same of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** JSON in which no character steers a terminal: some take C1 controls for escape sequences. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
