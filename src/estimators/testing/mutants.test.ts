/**
 * The tests' own test: each line changes one thing in one source file, and some test must fail. The tests run are the laws (for
 * the estimators whose names are given) and, for what no law can see, the file's own.
 */
import { expect, test } from "vitest";
import { categorical } from "./mutants/categorical.ts";
import { paper } from "./mutants/paper.ts";
import { path } from "./mutants/path.ts";
import { sampling } from "./mutants/sampling.ts";
import { selection } from "./mutants/selection.ts";
import type { Subject } from "./mutants/subject.ts";
import { collectTests, firstFailure, type Mutation } from "./mutated.ts";

/** One list for each group of estimators. */
const subjects: readonly Subject[] = [...paper, ...sampling, ...path, ...selection, ...categorical];

const LAWS = "estimators/laws.test.ts";
const ownTests = ({ file, tests }: Subject): string => tests ?? file.replace(/\.ts$/, ".test.ts");
/** The dear laws come last: integrals over a density, and those over two layers most of all. */
const cost = (title: string): number => Number(isIntegral(title)) + 2 * Number(title.includes("unbiased"));
const isIntegral = (title: string): boolean => /noise (gaussian|logistic)|^(rebar|relax),/.test(title);
const lawsOf = ({ laws = LAWS }: Pick<Subject, "laws">, names: readonly string[], mutation?: Mutation) =>
  collectTests(laws, mutation)
    .filter(({ title }) => names.some((name) => title.startsWith(`${name}:`) || title.startsWith(`${name},`)))
    .sort((a, b) => cost(a.title) - cost(b.title));

test("without a change the tests pass in the mutants' loader, and laws are found for each name", async () => {
  for (const subject of subjects)
    for (const name of subject.names) expect(lawsOf(subject, [name]).length, name).toBeGreaterThan(10);
  for (const laws of new Set(subjects.map(({ laws = LAWS }) => laws))) {
    const names = subjects.filter((subject) => (subject.laws ?? LAWS) === laws).flatMap((subject) => subject.names);
    const found = lawsOf({ laws }, [...new Set(names)]).filter(({ title }) => cost(title) < 3);
    expect(await firstFailure(found)).toBeUndefined();
  }
  const files = subjects.filter(({ mutants }) => mutants.some(([, , own]) => own)).map(ownTests);
  for (const file of new Set(files)) {
    expect(collectTests(file).length, file).toBeGreaterThan(0);
    expect(await firstFailure(collectTests(file))).toBeUndefined();
  }
});

for (const subject of subjects)
  for (const [from, to, own] of subject.mutants)
    test(`${subject.file}: ${from.trim()} → ${to.trim()} is noticed`, async () => {
      const mutation = { file: subject.file, from, to };
      const killer = await firstFailure(
        own ? collectTests(ownTests(subject), mutation) : lawsOf(subject, subject.names, mutation),
      );
      expect(killer, "no test failed").toBeDefined();
    });
