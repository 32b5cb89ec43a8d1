/** Every row of the table obeys the laws of src/laws: a new estimator is tested the moment it is registered. */
import { expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { laws, subjectOf } from "../laws/index.ts";
import { variants } from "./testing/variants.ts";

/** A second coupling of the same relaxations takes longest, and shares all but a line with the first. */
const tested = variants.filter(({ label }) => full || !label.includes("coupling independent"));

for (const { label, name, estimator, laws: options } of tested) {
  test(`${label}: its card carries its name in the table`, () => expect(estimator.card.name).toBe(name));

  const subject = subjectOf(estimator, options);
  for (const law of laws)
    if ((law.applies?.(subject) ?? true) && !subject.exceptions[law.name])
      test(`${label}: ${law.title(subject)}`, () => law.check(subject));
}
