/** Where a value stands. Line and column count from 1; the file is as the caller named it. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Keys and list positions that lead to a value, from the top. */
export type FieldPath = readonly (string | number)[];

/** One sentence about one place of a file that a person wrote. */
export class YamlFileError extends Error {
  override readonly name = "YamlFileError";
  readonly position: Position;
  /** Such as `namespaces.red.routes[0].via`; empty when the file as a whole is meant. */
  readonly field: string;

  constructor(position: Position, path: FieldPath, detail: string, options?: ErrorOptions) {
    const field = formatFieldPath(path);
    const place = `${position.file}:${position.line}:${position.column}`;
    super(`Cannot read ${place}: ${field === "" ? "" : `${field}: `}${detail}`, options);
    this.position = position;
    this.field = field;
  }
}

function formatFieldPath(path: FieldPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const part = /^[^\s.[\]":]+$/.test(key) ? key : JSON.stringify(key);
    return text === "" ? part : `${text}.${part}`;
  }, "");
}
