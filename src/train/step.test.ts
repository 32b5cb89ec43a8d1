import { expect, test } from "vitest";
import { constant, evaluate, mapTree, NdArray, type Tensor } from "../graph/index.ts";
import { type Model, mlp } from "../models/index.ts";
import { sgd } from "../optimizers/index.ts";
import { initialState, type TrainingState, trainingStep } from "./step.ts";

const model = mlp({ input: 100, hidden: [], classes: 3 });
const x = new NdArray(
  Float32Array.from({ length: 5000 }, (_, i) => 1 + (i % 7)),
  [50, 100],
);
const labels = constant(
  new NdArray(
    Int32Array.from({ length: 50 }, (_, i) => i % 3),
    [50],
  ),
);

/** What a model sees of x in a step. */
function seen(inputDropout: number | undefined, { seed = 1, step = 0 } = {}): number[] {
  let input: Tensor | undefined;
  const watched: Model = {
    ...model,
    train(params, batch, ...rest) {
      input = batch.x;
      return model.train(params, batch, ...rest);
    },
  };
  const state = { ...initialState(model, sgd(), seed), step: new NdArray(Int32Array.of(step), []) };
  const tensors = mapTree(state as never, (value: NdArray) => constant(value)) as unknown as TrainingState<Tensor>;
  trainingStep(watched, sgd(), () => constant(0.1), { seed, inputDropout })(tensors, constant(x), labels);
  return [...evaluate([input!])[0]!.data];
}

test("inputDropout sets that share of the input to 0 and divides the others by what is left", () => {
  const values = seen(0.3);
  const kept = values.filter((value, i) => {
    if (value !== 0) expect(value).toBeCloseTo(x.data[i]! / 0.7, 5);
    return value !== 0;
  });
  // 5000 draws: 5 standard errors of the share are 5√(.3·.7/5000) = 0.032, which a right share passes once in 1.7 million seeds.
  expect(Math.abs(kept.length / 5000 - 0.7)).toBeLessThan(0.032);
});

test("each step and each seed has a mask of its own, and they are the same again", () => {
  expect(seen(0.3)).toEqual(seen(0.3));
  expect(seen(0.3)).not.toEqual(seen(0.3, { step: 1 }));
  expect(seen(0.3)).not.toEqual(seen(0.3, { seed: 2 }));
});

test("without it the input is seen as it is", () => {
  for (const none of [undefined, 0]) expect(seen(none)).toEqual([...x.data]);
});
