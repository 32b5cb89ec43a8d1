/** What few test examples say: the interval, and the answer that needs no network, by hand. */
import { expect, test } from "vitest";
import { datasetFromArrays } from "../data/index.ts";
import { classes } from "../models/heads/classes.ts";
import { values } from "../models/heads/values.ts";
import type { Model } from "../models/model.ts";
import { certaintyOf, certaintyText } from "./certainty.ts";

const x = (n: number) => Array.from({ length: n }, (_, i) => [i]);
const model = (head: Model["head"]) => ({ head });
/** Training has more cats, the test set more dogs. */
const pets = datasetFromArrays({
  train: { x: x(5), label: ["cat", "cat", "cat", "dog", "dog"] },
  valid: { x: x(2), label: ["cat", "dog"] },
  test: { x: x(4), label: ["dog", "dog", "dog", "cat"] },
});
const prices = datasetFromArrays({
  train: { x: x(3), y: [[1], [2], [6]] },
  valid: { x: x(1), y: [[9]] },
  test: { x: x(2), y: [[0], [7]] },
});

test("of classes: the most frequent one of training, tested on the test set, and the exact interval", () => {
  const found = certaintyOf(model(classes(2)), pets, 25)!;
  expect(found).toMatchObject({ examples: 4, unit: "%", answer: "cat", usual: 75 });
  // Clopper and Pearson of 1 in 4.
  expect([found.error.low, found.error.high]).toEqual([expect.closeTo(0.6309463, 5), expect.closeTo(80.587955, 5)]);
  expect(certaintyText(found)).toMatch(
    /^With 4 test examples, the error is between 0\.63 % and 81 % .*; always answering cat has 75 %\. These are too few/,
  );
});

test("of numbers: the mean of training, and the root of its mean square", () => {
  const found = certaintyOf(model(values(1)), prices, 0.1)!;
  // Training's mean is 3, the test errors are 3 and 4.
  expect(found).toMatchObject({ examples: 2, unit: "", answer: "3", usual: Math.sqrt(12.5) });
  expect(certaintyText(found)).toMatch(/for normal errors\); always answering 3 has 3\.5\.$/);
});

test("many test examples, several targets and other heads have none", () => {
  const many = { ...pets, test: { ...pets.test, size: 1000 } };
  expect(certaintyOf(model(classes(2)), many, 25)).toBeUndefined();
  expect(
    certaintyOf(model(values(2)), datasetFromArrays({ x: x(12), y: x(12).map(([i]) => [i!, 1]) }), 1),
  ).toBeUndefined();
});
