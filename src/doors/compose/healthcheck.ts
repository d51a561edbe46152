import { parseDuration } from "../../lib/mod.ts";
import type { Healthcheck } from "../../model/mod.ts";
import { checkKeys, type Warn } from "./check-keys.ts";
import { booleanOf, child, type Field, integerOf, itemsOf, parsedOf, refuse, textOf, unexpected } from "./field.ts";
import { HEALTHCHECK_KEYS } from "./key-tables.ts";

/** Docker's defaults. Source: docs.docker.com, Dockerfile reference, HEALTHCHECK. */
const DEFAULTS = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 } as const;

const ONE_DAY_MS = 86_400_000;

/** `undefined` when the service has none, or has it switched off. */
export function readHealthcheck(field: Field | undefined, warn: Warn): Healthcheck | undefined {
  if (field === undefined) return undefined;
  checkKeys(field, HEALTHCHECK_KEYS, warn);
  const disable = child(field, "disable");
  if (disable !== undefined && booleanOf(disable)) return undefined;
  const test = child(field, "test");
  if (test === undefined) throw refuse(field, '"test" is missing: want a command, since no image brings one');
  const command = readTest(test);
  if (command === undefined) return undefined;
  const retries = child(field, "retries");
  return {
    command,
    intervalMs: durationOf(child(field, "interval")) || DEFAULTS.intervalMs,
    timeoutMs: durationOf(child(field, "timeout")) || DEFAULTS.timeoutMs,
    retries: (retries && integerOf(retries, { least: 0, most: 1000 })) || DEFAULTS.retries,
    startPeriodMs: durationOf(child(field, "start_period")) ?? DEFAULTS.startPeriodMs,
  };
}

function readTest(test: Field): readonly string[] | undefined {
  if (test.node.kind === "scalar") return shell(textOf(test));
  const items = itemsOf(test, "a text or a list");
  const [first, ...rest] = items;
  const words = rest.map((item) => textOf(item));
  switch (first === undefined ? "" : textOf(first)) {
    case "NONE":
      return undefined;
    case "CMD":
      if (words.length === 0) throw unexpected(test, 'a command after "CMD"');
      return words;
    case "CMD-SHELL":
      if (words.length !== 1) throw unexpected(test, 'one text after "CMD-SHELL"');
      return shell(words[0] ?? "");
    default:
      throw refuse(first ?? test, 'the list begins with something else: want "CMD", "CMD-SHELL" or "NONE" first');
  }
}

function shell(script: string): readonly string[] {
  return ["/bin/sh", "-c", script];
}

function durationOf(field: Field | undefined): number | undefined {
  if (field === undefined) return undefined;
  const duration = parsedOf(field, parseDuration, "a duration, such as 30s");
  if (duration > ONE_DAY_MS) throw unexpected(field, "at most 24h");
  return duration;
}
