import { readFileSync } from "node:fs";

/** The number of a group in /etc/group. */
export function findGroup(name: string): number | undefined {
  const gid = Number(groups().find(([candidate]) => candidate === name)?.[2] ?? Number.NaN);
  return Number.isInteger(gid) ? gid : undefined;
}

/** What /etc/group calls a number. */
export function findGroupName(gid: number): string | undefined {
  return groups().find((fields) => fields[2] === String(gid))?.[0];
}

/** Source: group(5). */
function groups(): readonly (readonly string[])[] {
  try {
    return readFileSync("/etc/group", "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return []; // no such file: no such group
  }
}
