import { expect, test } from "vitest";
import { array, constant, evaluate } from "../graph/index.ts";
import { classificationLoss } from "./classification.ts";

test("classificationLoss gives each example's NLL and whether its largest score is another class", () => {
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
  const { nll, wrong } = classificationLoss(logits, constant(array(Int32Array.of(0, 0, 0, 0))));
  const [losses, errors] = evaluate([nll, wrong]).map((x) => Array.from(x.data));
  expect(losses!.map((l) => l.toFixed(9))).toEqual(
    [-Math.log(0.75), -Math.log(0.25), Math.log(2), 1600].map((l) => l.toFixed(9)),
  );
  // Of equal scores the first counts.
  expect(errors).toEqual([0, 1, 0, 1]);
});
