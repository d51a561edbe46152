import { expect, test } from "bun:test";
import { judge, parseTestReport } from "./test-report.ts";

// Written by bun 1.4.5 for a file with one of each, shortened.
const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="5" failures="1" skipped="2" time="0.2">
  <testsuite name="a.test.ts" file="a.test.ts" tests="5" failures="1" skipped="2" time="0.002" hostname="vm">
    <testcase name="a &lt; b" classname="" time="0.000023" file="a.test.ts" line="2" assertions="0" />
    <testcase name="bad" classname="" time="0.000169" file="a.test.ts" line="3" assertions="1">
      <failure type="AssertionError" message="expect(received)">AssertionError</failure>
    </testcase>
    <testcase name="VLAN (this kernel lacks it)" classname="" time="0" file="a.test.ts" line="4" assertions="0">
      <skipped />
    </testcase>
    <testcase name="privileged" classname="" time="0" file="a.test.ts" line="5" assertions="0">
      <skipped message="TODO" />
    </testcase>
    <testsuite name="group" file="a.test.ts" line="7" tests="1" failures="0" skipped="0" time="0" hostname="vm">
      <testcase name="in" classname="group" time="0.000006" file="a.test.ts" line="7" assertions="0" />
    </testsuite>
  </testsuite>
</testsuites>`;

test("parseTestReport reads every test, in groups too", () => {
  expect(parseTestReport(report)).toEqual([
    { name: "a < b", outcome: "passed" },
    { name: "bad", outcome: "failed" },
    { name: "VLAN (this kernel lacks it)", outcome: "skipped" },
    { name: "privileged", outcome: "skipped" },
    { name: "group > in", outcome: "passed" },
  ]);
});

test("judge counts a skipped test as failed where nothing may be skipped, except what the kernel lacks", () => {
  const outcomes = parseTestReport(report);
  expect(judge(outcomes, { maySkip: true })).toEqual({
    passed: 2,
    failed: ["bad"],
    skipped: ["VLAN (this kernel lacks it)", "privileged"],
  });
  expect(judge(outcomes, { maySkip: false })).toEqual({
    passed: 2,
    failed: ["bad", "privileged (skipped)"],
    skipped: ["VLAN (this kernel lacks it)"],
  });
});
