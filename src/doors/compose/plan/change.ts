/** How one field of a thing that is there differs from what is wanted, as a phrase: `internal was false, want true`. */
export type Change = string;

/** No change when both read the same. Values of texts and numbers, lists and maps of them. */
export function compare(
  field: string,
  { was, want }: { readonly was: unknown; readonly want: unknown },
): readonly Change[] {
  const [before, after] = [show(was), show(want)];
  return before === after ? [] : [`${field} was ${before}, want ${after}`];
}

/** One phrase for each name of two maps of texts. */
export function compareMaps(
  field: string,
  { was, want }: { readonly was: Readonly<Record<string, string>>; readonly want: Readonly<Record<string, string>> },
): readonly Change[] {
  return differingNames(was, want).flatMap((name) =>
    compare(`${field} ${name}`, { was: own(was, name), want: own(want, name) }),
  );
}

/** The same where values are nobody's business: an environment is full of passwords, and plans are printed in logs. */
export function compareSecrets(
  field: string,
  { was, want }: { readonly was: Readonly<Record<string, string>>; readonly want: Readonly<Record<string, string>> },
): readonly Change[] {
  return differingNames(was, want).map((name) => {
    if (own(was, name) === undefined) return `${field} ${name} is new`;
    return own(want, name) === undefined ? `${field} ${name} is gone` : `${field} ${name} differs`;
  });
}

function differingNames(
  was: Readonly<Record<string, string>>,
  want: Readonly<Record<string, string>>,
): readonly string[] {
  const names = new Set([...Object.keys(was), ...Object.keys(want)]);
  return [...names].sort().filter((name) => own(was, name) !== own(want, name));
}

function own(map: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** The same text for the same value: keys in the order of the alphabet. */
function show(value: unknown): string {
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return "none";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((item) => showInside(item)).join(" ");
  return showInside(value);
}

function showInside(value: unknown): string {
  if (typeof value === "string") return /^[^\s"{}[\]]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(showInside).join(" ")}]`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${key}: ${showInside(item)}`)
    .join(", ")}}`;
}
