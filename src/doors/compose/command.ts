import type { Warn } from "./check-keys.ts";
import { formatPosition } from "./compose-error.ts";
import { child, type Field, itemsOf, parsedOf, refuse, textOf } from "./field.ts";
import { splitShellWords } from "./shell-words.ts";

/** Entrypoint and command as one argument vector: here both come from the file, since no image has a say. */
export function readCommand(service: Field, warn: Warn): readonly string[] {
  const entrypoint = child(service, "entrypoint");
  const command = child(service, "command");
  const words = [...readWords(entrypoint, warn), ...readWords(command, warn)];
  if (words.length > 0 && words[0] !== "") return words;
  if (command !== undefined || entrypoint !== undefined) {
    throw refuse(command ?? entrypoint ?? service, "the command is empty: want a program and its arguments");
  }
  const image = child(service, "image") ?? child(service, "build");
  if (image === undefined) throw refuse(service, '"command" is missing: want the program of this host to run');
  throw refuse(image, '"command" is missing beside it: Weft runs a command of this host, not an image');
}

function readWords(field: Field | undefined, warn: Warn): readonly string[] {
  if (field === undefined) return [];
  if (field.node.kind !== "scalar") {
    return itemsOf(field, "a text or a list of texts").map((item) => textOf(item));
  }
  const words = parsedOf(field, splitShellWords);
  const operator = words.find((word) => /^(?:&&?|\|\|?|;|[12]?>{1,2}|<)$/.test(word));
  if (operator !== undefined) {
    warn(
      `${formatPosition(field.node.position)}: ${field.path}: ${JSON.stringify(operator)} is an argument like any other, since no shell ` +
        'runs the command: want ["sh", "-c", "…"] for one',
    );
  }
  return words;
}
