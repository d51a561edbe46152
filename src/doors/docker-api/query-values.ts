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

/** Where Docker is strict: as Go reads it; absent is false. @throws {ApiError} 400. */
export function readTruth(name: string, text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false|)$/i.test(text)) return false;
  throw new ApiError(400, `invalid value for ${name}: ${text}: want true or false`);
}
