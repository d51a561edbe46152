import type { Brand } from "../lib/mod.ts";

/** `KEY`: a label is there, whatever its value; `KEY=VALUE`: it is there with that value. */
export type LabelCondition = Brand<string, "LabelCondition">;

/** @throws {SyntaxError} */
export function parseLabelCondition(text: string): LabelCondition {
  if (text === "" || text.startsWith("=")) {
    throw new SyntaxError(`Cannot parse label condition ${JSON.stringify(text)}: want KEY or KEY=VALUE`);
  }
  return text as LabelCondition;
}

/** Whether it is true of the labels of something. */
export function labelsFulfil(labels: Readonly<Record<string, string>>, condition: LabelCondition): boolean {
  const equals = condition.indexOf("=");
  if (equals < 0) return Object.hasOwn(labels, condition);
  const key = condition.slice(0, equals);
  return Object.hasOwn(labels, key) && labels[key] === condition.slice(equals + 1);
}

/** What labels are asked for: all of `labels`, and not all of `withoutLabels`; of none, nothing is asked. */
export interface LabelSelection {
  readonly labels: readonly LabelCondition[];
  readonly withoutLabels: readonly LabelCondition[];
}

export function labelsFit(carried: Readonly<Record<string, string>>, wanted: LabelSelection): boolean {
  const { labels, withoutLabels } = wanted;
  const fulfils = (condition: LabelCondition): boolean => labelsFulfil(carried, condition);
  return labels.every(fulfils) && (withoutLabels.length === 0 || !withoutLabels.every(fulfils));
}
