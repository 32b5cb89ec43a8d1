import type { Reporter, SerializedError, TestModule } from "vitest/node";

export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** `3 passed, 1 failed`, with `, 2 skipped` where something was skipped. */
export function closingLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** One test's outcome, as far as counting goes. */
export interface Outcome {
  name: string;
  state: "passed" | "failed" | "skipped" | "pending";
}

/** Counts outcomes; with `requireAll` a test that did not run is a failure, and is named among the `missing`. */
export function count(outcomes: Iterable<Outcome>, requireAll: boolean): Count & { missing: string[] } {
  const total = { passed: 0, failed: 0, skipped: 0, missing: [] as string[] };
  for (const { name, state } of outcomes) {
    if (state === "passed") total.passed++;
    else if (state === "failed") total.failed++;
    else if (requireAll) {
      total.failed++;
      total.missing.push(name);
    } else total.skipped++;
  }
  return total;
}

function* outcomes(modules: readonly TestModule[]): Generator<Outcome> {
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      yield { name: `${module.relativeModuleId} > ${test.fullName}`, state: test.result().state };
    }
    // A file that could not be loaded, or a group whose hooks threw, has errors of its own and maybe no test at all.
    for (const group of [module, ...module.children.allSuites()]) {
      for (const { message } of group.errors())
        yield { name: `${module.relativeModuleId}: ${message}`, state: "failed" };
    }
  }
}

/**
 * Ends the output with one line that says how many tests passed and failed. Where HEAVISIDE_REQUIRE_ALL is 1, every
 * tool that a test may do without must be there: a skipped test is a failure.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const total = count(outcomes(modules), process.env.HEAVISIDE_REQUIRE_ALL === "1");
    total.failed += errors.length;
    for (const name of total.missing) console.error(`skipped, but HEAVISIDE_REQUIRE_ALL=1 requires it: ${name}`);
    if (total.missing.length > 0) process.exitCode = 1;
    // Vitest sets its exit code before this and closes quietly after it; other reporters write before.
    process.once("exit", () => console.log(closingLine(total)));
  }
}
