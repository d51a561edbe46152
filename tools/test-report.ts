/** How one test ended. */
export interface TestOutcome {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

/** Reads the JUnit report that `bun test --reporter=junit` writes. */
export function parseTestReport(xml: string): readonly TestOutcome[] {
  return outcomesIn(Bun.XML.parse(xml));
}

/** Suites lie in suites, and one child stands where many make a list: so any object may hold test cases, at any depth. */
function outcomesIn(node: unknown): readonly TestOutcome[] {
  if (Array.isArray(node)) return node.flatMap(outcomesIn);
  if (!isObject(node)) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === "testcase") return [value].flat().map(outcomeOf);
    return key.startsWith("@") ? [] : outcomesIn(value);
  });
}

function outcomeOf(testcase: unknown): TestOutcome {
  if (!isObject(testcase)) throw new Error(`Cannot read a test case of the report: ${JSON.stringify(testcase)}`);
  const group = String(testcase["@classname"] ?? "");
  const name = `${group === "" ? "" : `${group} > `}${String(testcase["@name"])}`;
  const isFailed = "failure" in testcase || "error" in testcase;
  return { name, outcome: isFailed ? "failed" : "skipped" in testcase ? "skipped" : "passed" };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

export interface Verdict {
  readonly passed: number;
  /** Names of the failed. */
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/**
 * Counts outcomes. Where nothing may be skipped, as in CI, a skipped test has failed, unless its name says that the kernel lacks
 * what it needs: "… (this kernel lacks ipvlan)".
 */
export function judge(outcomes: readonly TestOutcome[], { maySkip }: { readonly maySkip: boolean }): Verdict {
  const skipped = outcomes.filter(({ outcome }) => outcome === "skipped").map(({ name }) => name);
  const excused = skipped.filter((name) => maySkip || /kernel lacks/i.test(name));
  const blamed = skipped.filter((name) => !excused.includes(name)).map((name) => `${name} (skipped)`);
  return {
    passed: outcomes.filter(({ outcome }) => outcome === "passed").length,
    failed: [...outcomes.filter(({ outcome }) => outcome === "failed").map(({ name }) => name), ...blamed],
    skipped: excused,
  };
}
