/** What recurrent cells skip: counted by hand where it is known which neurons fire and which steps are taken. */
import { describe, expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { readOut, trainedLocally } from "../cells/decide.ts";
import { type Cell, type CellConfig, cellFor, type Named } from "../cells/index.ts";
import { runCell } from "../cells/run.ts";
import { compile } from "../compile/compile.ts";
import { array, gradients, NdArray, sum, type Tensor } from "../graph/index.ts";
import { evaluatingAll } from "../layers/gated-blocks.ts";
import { key } from "../random/index.ts";
import { type Account, accountOf } from "./account.ts";

const [B, T, I, H] = [2, 6, 4, 8];
const backend = referenceBackend();

/** Weights by name: 0 where nothing is said. */
const weightsOf = (cell: Cell, values: Named<(i: number) => number>): Named<NdArray> =>
  Object.fromEntries(
    cell.parameters.map(({ name, shape }) => {
      const size = shape.reduce((n, m) => n * m, 1);
      return [
        name,
        new NdArray(
          Float32Array.from({ length: size }, (_, i) => values[name]?.(i) ?? 0),
          shape,
        ),
      ];
    }),
  );
const counted = (f: (...given: never[]) => unknown, ...given: unknown[]): Account =>
  accountOf({ f: f as never, batches: [given] as never, size: B }, backend);

describe("an LSTM that skips steps", () => {
  /** With the constant increment 0.4 a probability of 1 gives steps 0, 2 and 4, one of 0.05 steps 2 and 4. */
  const increments = { "increment.bias": () => Math.log(0.4 / 0.6) };
  const p = array([[1], [0.05]]);
  const x = new NdArray(new Float32Array(B * T * I).fill(1), [B, T, I]);
  const config = (estimator: "threshold" | "straight-through-open"): CellConfig => ({
    name: "skip",
    cell: { name: "lstm" },
    estimator,
  });
  const made = (estimator: "threshold" | "straight-through-open") => {
    const cell = cellFor(config(estimator), { inputs: I, units: H });
    const several = (i: number): number => Math.sin(i + 1);
    const named = Object.fromEntries(cell.parameters.map(({ name }) => [name, several]));
    return { cell, weights: weightsOf(cell, { ...named, "increment.recurrent": () => 0, ...increments }) };
  };
  const [inputs, recurrent, increment] = [T * I * 4 * H, T * H * 4 * H, T * H];

  test("multiplies the states of steps that are taken, of which the first is 0; inputs of all steps, and the gate's increment", () => {
    const { cell, weights } = made("threshold");
    const run = (w: Named<Tensor>, x: Tensor, p: Tensor) =>
      runCell(cell, w, x, { decide: readOut, start: { p } }).outputs;
    const account = counted(run, weights, x, p);
    // The first example's steps 2 and 4, the second's step 4.
    const share = (2 + 1) / (B * T);
    expect(account.open).toEqual([share]);
    expect(account.dense).toBe(inputs + recurrent + increment);
    expect(account.done).toBe(inputs + share * recurrent + increment);
    const whole = counted((...given: Parameters<typeof run>) => evaluatingAll(() => run(...given)), weights, x, p);
    expect(whole).toEqual({ dense: account.dense, done: account.dense, open: [] });
  });

  const ran = (cell: Cell, w: Named<Tensor>, x: Tensor, p: Tensor) =>
    runCell(cell, w, x, { decide: trainedLocally({ key: key(1), rows: B }), start: { p }, watch: true });
  const trained = (cell: Cell) => (w: Named<Tensor>, x: Tensor, p: Tensor) =>
    gradients(sum(ran(cell, w, x, p).last), [w["forget.recurrent"]!]);

  test("trains on the gradient of steps that were taken, where its gate doesn't read those that were not", () => {
    const { cell, weights } = made("straight-through-open");
    const drawn = compile((w: Named<Tensor>, x: Tensor, p: Tensor) => ran(cell, w, x, p).decided.step!.output, {
      backend,
    });
    const taken = [...drawn(weights, x, p).data];
    const total = taken.reduce((sum, u) => sum + u, 0);
    expect(total).toBeGreaterThan(B);
    expect(total).toBeLessThan(B * T);
    const { open } = counted(trained(cell), weights, x, p);
    // Both examples take steps. At the first of each the state is 0, which has no products; its gradient has.
    expect([...new Set(open)].sort()).toEqual(
      [(total - B) / (B * T), total / (B * T)].map((share) => expect.closeTo(share, 6)),
    );
  });

  test("computes all in training where its gate reads what was skipped", () => {
    const { cell, weights } = made("threshold");
    const { dense, done, open } = counted(trained(cell), weights, x, p);
    expect([open, done]).toEqual([[], dense]);
  });
});

describe("two layers of spiking neurons", () => {
  const config: CellConfig = { name: "lif", threshold: 0.5 };
  const first = cellFor(config, { inputs: I, units: H, readsSpikes: true });
  const second = cellFor(config, { inputs: H, units: H, readsSpikes: first.spikes !== undefined });
  /** Of 8 neurons the first two fire at every step, the others never. */
  const pair = weightsOf(first, { "current.bias": (i) => (i < 2 ? 1 : -1) });
  /** Of the second layer only one does. */
  const one = weightsOf(second, { "current.bias": (i) => (i < 1 ? 1 : -1) });
  /** One of 4 inputs is a spike. */
  const x = new NdArray(
    Float32Array.from({ length: B * T * I }, (_, i) => Number(i % I === 0)),
    [B, T, I],
  );
  const run = (v: Named<Tensor>, w: Named<Tensor>, x: Tensor) =>
    runCell(second, w, runCell(first, v, x).outputs).outputs;

  test("multiply by the weights of spikes: of inputs, of their own last step, which the first lacks, and of the layer below", () => {
    const { open, dense, done } = counted(run, pair, one, x);
    const [input, square] = [T * I * H, T * H * H];
    const later = (T - 1) / T;
    expect(dense).toBe(input + 3 * square);
    expect(done).toBeCloseTo((1 / 4) * input + ((2 / 8) * later + 2 / 8 + (1 / 8) * later) * square, 4);
    expect([...open].sort()).toEqual([(1 / 8) * later, (2 / 8) * later, 1 / 4, 2 / 8].map((x) => expect.closeTo(x, 6)));
  });

  test("and in full where everything is to be computed", () => {
    const all = (...given: Parameters<typeof run>) => evaluatingAll(() => run(...given));
    const { open, dense, done } = counted(all, pair, one, x);
    expect([open, done]).toEqual([[], dense]);
    expect(dense).toBe(counted(run, pair, one, x).dense);
  });
});

test("a cell that skips nothing does all that it could, whatever is 0", () => {
  const cell = cellFor({ name: "lstm" }, { inputs: I, units: H });
  const weights = weightsOf(cell, {});
  const x = NdArray.zeros([B, T, I]);
  const all = T * (I + H) * 4 * H;
  expect(counted((w: Named<Tensor>, x: Tensor) => runCell(cell, w, x).outputs, weights, x)).toEqual({
    ...{ dense: all, done: all, open: [] },
  });
});
