import { ApiError } from "./api-error.ts";

/** Docker takes anything for yes but these. Source: moby, daemon/server/httputils/form.go, BoolValue. */
export function readSwitch(text: string | null): boolean {
  return !["", "0", "no", "false", "none"].includes((text ?? "").trim().toLowerCase());
}

/** Absent: `undefined`. @throws {ApiError} 400. */
export function readWhole(name: string, text: string): number | undefined {
  if (text === "") return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw new ApiError(400, `invalid value for ${name}: ${text}: want a whole number`);
  return Number(text);
}
