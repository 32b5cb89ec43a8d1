/** Which calls a predictor makes of what runs its network: rows, noise, and what fills a call up. */
import { expect, test } from "vitest";
import { predictorOn } from "./predict.ts";
import { CALL_ROWS, type Runner } from "./spec.ts";

interface Call {
  readonly reading: string;
  readonly rows: number;
  readonly noise: readonly [number, number];
  readonly x: readonly number[];
}

/** Outputs each input, and remembers its calls. */
function recording(deterministic = true): { calls: Call[]; runner: Runner } {
  const calls: Call[] = [];
  const runner: Runner = {
    spec: {
      inputs: [{ name: "x", shape: [1], dtype: "float32" }],
      outputs: [{ name: "value", shape: [1], dtype: "float32" }],
      gates: [],
      deterministic,
    },
    sizes: CALL_ROWS,
    run(reading, rows, noise, [x]) {
      calls.push({ reading, rows, noise, x: [...x!] });
      return [Float32Array.from(x!)];
    },
    close: async () => {},
  };
  return { calls, runner };
}

test.each([
  [1, [1]],
  [3, [1, 1, 1]],
  [4, [8]],
  [8, [8]],
  [9, [8, 1]],
  [20, [8, 8, 8]],
  [32, [64]],
  [65, [64, 1]],
  [130, [64, 64, 1, 1]],
])("%i examples take calls that are at least half full, and come back in order", (count, rows) => {
  const { calls, runner } = recording();
  const examples = Array.from({ length: count }, (_, i) => [i]);
  const said = predictorOn<{ value: Float32Array }>(runner).batch(examples);
  expect(said.map(({ value }) => value[0])).toEqual(examples.flat());
  expect(calls.map((call) => call.rows)).toEqual(rows);
  // What fills a call up is its last example.
  for (const { x } of calls) expect(x.every((value) => value < count)).toBe(true);
});

test("each call of each example's passes has noise of its own, a function of the seed", () => {
  const { calls, runner } = recording();
  predictorOn(runner).batch([[5], [7]], { passes: 70, seed: 3 });
  expect(calls.map(({ reading, rows }) => `${reading} ${rows}`)).toEqual([
    ...["stochastic 64", "stochastic 8", "stochastic 64", "stochastic 8"],
  ]);
  expect(new Set(calls.map(({ noise }) => noise.join())).size).toBe(4);
  expect(calls.every(({ noise }) => noise[0] === 3)).toBe(true);
  expect(calls.map(({ x }) => [...new Set(x)])).toEqual([[5], [5], [7], [7]]);
});

test("where a head scores samples alone one is taken, and an uncertainty is said of passes that were asked for", () => {
  const { calls, runner } = recording(false);
  const predict = predictorOn<{ value: Float32Array; uncertainty?: object }>(runner);
  expect(Object.keys(predict([1]))).toEqual(["value"]);
  expect(calls.map(({ reading }) => reading)).toEqual(["stochastic"]);
  expect(predict([1], { passes: 2 }).uncertainty).toMatchObject({ passes: 2 });
});
