/**
 * The tests' own test: each line changes one thing in one source file, and some test must fail. The tests run are the laws (for
 * the estimators whose names are given) and, for what no law can see, the file's own.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { categorical } from "./mutants/categorical.ts";
import { paper } from "./mutants/paper.ts";
import { path } from "./mutants/path.ts";
import { sampling } from "./mutants/sampling.ts";
import { selection } from "./mutants/selection.ts";
import type { Subject } from "./mutants/subject.ts";
import { firstFailure, type Mutation, testsOf, testsWith } from "./mutated.ts";

// That a property fails is enough: no smaller counterexample is looked for.
const before = fc.readConfigureGlobal();
beforeAll(() => fc.configureGlobal({ ...before, endOnFailure: true }));
afterAll(() => fc.configureGlobal(before));

/** One list for each group of estimators. */
const subjects: readonly Subject[] = [...paper, ...sampling, ...path, ...selection, ...categorical];

const LAWS = "estimators/laws.test.ts";
const ownTests = ({ file, tests }: Subject): string => tests ?? file.replace(/\.ts$/, ".test.ts");
/** The dear laws come last: integrals over a density, and those over two layers most of all. */
const cost = (title: string): number => Number(isIntegral(title)) + 2 * Number(title.includes("unbiased"));
const isIntegral = (title: string): boolean => /noise (gaussian|logistic)|^(rebar|relax),/.test(title);
const lawsOf = ({ laws = LAWS }: Pick<Subject, "laws">, names: readonly string[], mutation?: Mutation) =>
  (mutation ? testsWith(mutation, laws) : testsOf(laws))
    .filter(({ title }) => names.some((name) => title.startsWith(`${name}:`) || title.startsWith(`${name},`)))
    .sort((a, b) => cost(a.title) - cost(b.title));

test("laws are found for each name, and tests in each file of tests", () => {
  for (const subject of subjects)
    for (const name of subject.names) expect(lawsOf(subject, [name]).length, name).toBeGreaterThan(10);
  for (const subject of subjects.filter(({ mutants }) => mutants.some(([, , own]) => own)))
    expect(testsOf(ownTests(subject)).length, subject.file).toBeGreaterThan(0);
});

/** What was seen to pass in the mutants' loader without a change: a test's title, or of a law's its two parts. */
const sound = new Set<string>();
/**
 * Whether the test of this title would pass in the mutants' loader without a change: only then has it noticed one. All tests pass
 * without a change where vitest loads them. So a law that passed for one estimator isn't tried again for another that passed a law.
 */
async function passesUnchanged(file: string, title: string, isLaw: boolean): Promise<boolean> {
  const colon = title.indexOf(": ");
  const parts = isLaw ? [title.slice(0, colon), title.slice(colon)] : [title];
  const names = parts.map((part) => `${file} ${part}`);
  if (names.every((name) => sound.has(name))) return true;
  const failed = await firstFailure(testsOf(file).filter((test) => test.title === title));
  if (!failed) for (const name of names) sound.add(name);
  return !failed;
}

for (const subject of subjects)
  for (const [from, to, own] of subject.mutants)
    test(`${subject.file}: ${from.trim()} → ${to.trim()} is noticed`, async () => {
      const mutation = { file: subject.file, from, to };
      const file = own ? ownTests(subject) : (subject.laws ?? LAWS);
      const killer = await firstFailure(own ? testsWith(mutation, file) : lawsOf(subject, subject.names, mutation));
      expect(killer, "no test failed").toBeDefined();
      expect(await passesUnchanged(file, killer!, !own), `${killer} fails without the change too`).toBe(true);
    });
