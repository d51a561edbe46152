import type { Position } from "./node.ts";

/** One sentence about one place of the input. */
export class ComposeError extends Error {
  override readonly name = "ComposeError";
  readonly position: Position;
  /** Such as `services.web.ports[0]`; empty when the file as a whole is meant. */
  readonly path: string;

  constructor(place: { readonly position: Position; readonly path: string }, detail: string, options?: ErrorOptions) {
    const field = place.path === "" ? "" : `${place.path}: `;
    super(`Cannot read ${formatPosition(place.position)}: ${field}${detail}`, options);
    this.position = place.position;
    this.path = place.path;
  }
}

/** `compose.yaml:12:7`, which terminals and editors open. */
export function formatPosition(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

/** Another error's message as a part of a sentence of ours. */
export function detailOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\bCannot\b/g, "cannot");
}
