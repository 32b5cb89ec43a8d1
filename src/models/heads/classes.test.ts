import { expect, test } from "vitest";
import { array, constant, evaluate, type Tensor } from "../../graph/index.ts";
import { classes } from "./classes.ts";

/** Each example's NLL, and 1 where it is wrong. */
const scored = (scores: Tensor, label: Tensor): number[][] => {
  const head = classes(scores.shape[1]!);
  const { nll, error } = head.score({ output: scores, batch: { label }, own: {}, losses: undefined });
  const found = evaluate([nll, error, head.loss!(scores, { label }, {})]).map((x) => Array.from(x.data));
  expect(found[2]).toEqual(found[0]);
  return found;
};

test("the classes head gives each example's NLL and whether its largest score is another class", () => {
  const logits = constant(
    array(
      [
        [Math.log(3), 0],
        [0, Math.log(3)],
        [1, 1],
        [-800, 800],
      ],
      { dtype: "float64" },
    ),
  );
  const [losses, errors] = scored(logits, constant(array(Int32Array.of(0, 0, 0, 0))));
  expect(losses!.map((l) => l.toFixed(9))).toEqual(
    [-Math.log(0.75), -Math.log(0.25), Math.log(2), 1600].map((l) => l.toFixed(9)),
  );
  // Of equal scores the first counts.
  expect(errors).toEqual([0, 1, 0, 1]);
});

test("a score that isn't a finite number is wrong, whichever class it stands for, and its NLL is NaN", () => {
  const bad = [Number.NaN, Number.POSITIVE_INFINITY];
  const rows = bad.flatMap((value) => [
    [value, 0, 0],
    [0, value, 0],
    [value, value, value],
  ]);
  const none = [-Infinity, -Infinity, -Infinity];
  const logits = array([...rows, none, [1, -Infinity, 0]], { dtype: "float64" });
  for (const label of [0, 1, 2]) {
    const labels = constant(array(new Int32Array(8).fill(label)));
    const [losses, errors] = scored(constant(logits), labels);
    expect(errors).toEqual([1, 1, 1, 1, 1, 1, 1, label === 0 ? 0 : 1]);
    expect(losses!.slice(0, 7).every(Number.isNaN)).toBe(true);
  }
});
