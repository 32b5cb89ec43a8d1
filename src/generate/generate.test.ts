import { afterAll, describe, expect, test } from "vitest";
import { startBackend } from "../backends/select.ts";
import { array, NdArray } from "../graph/index.ts";
import { classes } from "../models/heads/classes.ts";
import { mixture } from "../models/heads/mixture.ts";
import { stepClasses } from "../models/heads/step-classes.ts";
import type { Model } from "../models/model.ts";
import { network } from "../models/network.ts";
import { dense } from "../models/stages/dense.ts";
import { perStep } from "../models/stages/per-step.ts";
import { recurrent } from "../models/stages/recurrent.ts";
import { type GenerateOptions, generate } from "./generate.ts";
import { eachStep, fading } from "./testing.ts";

const on = await startBackend("auto", { threads: 1 });
afterAll(() => on.close());

const C = 4;
const T = 6;
const letters = network({ input: [T, C], stages: [fading({ units: C })], head: stepClasses(T, { classes: C }) });
const pen = network({
  input: [T, 3],
  stages: [fading({ units: 13 })],
  head: mixture(T, { components: 2 }),
});
const drawn = async (model: Model, options: GenerateOptions = {}) =>
  (await generate(model, model.init(3).params, { backend: on, ...options })).rows;

describe("sequences", () => {
  test.each([
    ["classes", letters],
    ["strokes", pen],
  ] as const)("of %s are a function of the seed, each whatever their number", async (what, model) => {
    const all = await generate(model, model.init(3).params, { backend: on, count: 5, seed: 8 });
    expect(all.what).toBe(what);
    expect(all.rows.shape).toEqual([5, T, model.inputShape[1]]);
    const width = T * model.inputShape[1]!;
    expect([...(await drawn(model, { count: 2, seed: 8 })).data]).toEqual([...all.rows.data.subarray(0, 2 * width)]);
    expect([...(await drawn(model, { count: 5, seed: 9 })).data]).not.toEqual([...all.rows.data]);
    expect(all.rows.data.subarray(0, width)).not.toEqual(all.rows.data.subarray(width, 2 * width));
  });

  test.each([letters, pen])("go on as they would have from what was drawn before", async (model) => {
    const width = model.inputShape[1]!;
    const whole = await drawn(model, { seed: 2 });
    const begun = new NdArray(Float32Array.from([...new Array(width).fill(0), ...whole.data.subarray(0, 2 * width)]), [
      3,
      width,
    ]);
    const rest = await drawn(model, { seed: 2, start: begun });
    expect(rest.shape).toEqual([1, T - 2, width]);
    expect([...rest.data]).toEqual([...whole.data.subarray(2 * width)]);
    expect([...(await drawn(model, { seed: 2, steps: 2 })).data]).toEqual([...whole.data.subarray(0, 2 * width)]);
  });

  test("read what was drawn: each class is followed by the next where no other can be", async () => {
    // From class c to c + 1: a score of 200 against 0.
    const weight = array(
      Array.from({ length: C }, (_, c) => Array.from({ length: C }, (_, d) => (d === (c + 1) % C ? 200 : 0))),
    );
    const model = network({
      input: [T, C],
      stages: [eachStep({ units: C, first: { weight, bias: NdArray.zeros([C]) } })],
      head: stepClasses(T, { classes: C }),
    });
    const start = array([[[0, 0, 1, 0]], [[1, 0, 0, 0]]]);
    const { data } = await drawn(model, { count: 2, start });
    const labels = Array.from({ length: 2 * T }, (_, i) => data.subarray(i * C, (i + 1) * C).indexOf(1));
    expect(labels).toEqual([3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]);
  });
});

describe("a network of recurrent stages", () => {
  const stages = (units: number) => [
    recurrent({ cell: { name: "lstm", gates: "straight-through" }, units: 5, output: "sequence", lengths: "lengths" }),
    recurrent({ cell: { name: "skip" }, units: 5, output: "sequence" }),
    perStep({ units }),
  ];
  const ofLetters = network({ input: [T, C], stages: stages(C), head: stepClasses(T, { classes: C }) });
  const ofPen = network({ input: [T, 3], stages: stages(13), head: mixture(T, { components: 2 }) });

  test.each([
    ["classes", ofLetters],
    ["strokes", ofPen],
  ] as const)("draws of %s what it draws when it reads the whole sequence again at each step", async (_, model) => {
    const width = model.inputShape[1]!;
    const start = new NdArray(
      Float32Array.from({ length: 2 * width }, (_, i) => Math.cos(i)),
      [2, width],
    );
    for (const options of [{ count: 3, seed: 5 }, { start }]) {
      const [once, again] = [
        await drawn(model, options),
        await drawn({ ...model, stepwise: undefined } as never, options),
      ];
      expect(once.shape).toEqual(again.shape);
      once.data.forEach((v: number, i) => expect(v).toBeCloseTo(again.data[i]!, 5));
      expect(new Set(once.data).size).toBeGreaterThan(1);
    }
  });

  test("goes on beyond the steps that it was made for", async () => {
    const long = await drawn(ofLetters, { steps: 3 * T, seed: 1 });
    expect(long.shape).toEqual([1, 3 * T, C]);
    expect([...long.data.subarray(0, T * C)]).toEqual([...(await drawn(ofLetters, { seed: 1 })).data]);
  });
});

/** A network whose prediction is the same at each step. */
const constantly = (
  head: ReturnType<typeof mixture> | ReturnType<typeof stepClasses>,
  width: number,
  bias: readonly number[],
) =>
  network({
    input: [1, width],
    stages: [
      eachStep({ units: bias.length, first: { weight: NdArray.zeros([width, bias.length]), bias: array([...bias]) } }),
    ],
    head,
  });

describe("draws", () => {
  // Each frequency is within 5 standard errors of its probability: 6e-7 of seeds fail.
  const N = 20_000;
  const shares = async (temperature: number) => {
    const model = constantly(stepClasses(1, { classes: 3 }), 3, [Math.log(1), Math.log(2), Math.log(5)]);
    const { data } = await drawn(model, { count: N, temperature, seed: 4 });
    return [0, 1, 2].map((c) => Array.from(data).reduce((n, v, i) => n + (i % 3 === c ? v : 0), 0) / N);
  };
  const near = (received: number, expected: number, deviation: number) =>
    expect(Math.abs(received - expected)).toBeLessThan((5 * deviation) / Math.sqrt(N));

  test.each([1, 0.5])("of classes have the probabilities of the scores divided by a temperature of %d", async (t) => {
    const powers = [1, 2, 5].map((p) => p ** (1 / t));
    const total = powers.reduce((a, b) => a + b);
    for (const [c, share] of (await shares(t)).entries())
      near(share, powers[c]! / total, Math.sqrt((powers[c]! / total) * (1 - powers[c]! / total)));
  });

  const a = [2, -1, 0.5, -0.5, 0.2, 0.2, -0.4, 0.3, 0.1, -0.2, 1, -2, 0.7];
  const strokes = constantly(mixture(1, { components: 2 }), 3, a);

  test("of a mixture have its moments, correlations and share of lifted pens", async () => {
    const { data } = await drawn(strokes, { count: N, seed: 5 });
    const column = (d: number) => Array.from({ length: N }, (_, i) => data[3 * i + d]!);
    const mean = (x: readonly number[]) => x.reduce((sum, v) => sum + v, 0) / x.length;
    const first = 1 / (1 + Math.exp(-3));
    const weights = [first, 1 - first];
    const s = (i: number) => Math.exp(7 * Math.tanh(a[i]! / 7));
    const rho = (i: number) => (1 - 2 ** -10) * Math.tanh(a[i]!);
    const mix = (f: (m: number) => number) => weights.reduce((sum, w, m) => sum + w * f(m), 0);
    const [mx, my] = [mix((m) => a[2 + m]!), mix((m) => a[4 + m]!)];
    const [x, y, up] = [column(0), column(1), column(2)];
    const product = mix((m) => a[2 + m]! * a[4 + m]! + rho(10 + m) * s(6 + m) * s(8 + m));
    const square = mix((m) => a[2 + m]! ** 2 + s(6 + m) ** 2);
    near(mean(x), mx, Math.sqrt(square - mx * mx));
    near(mean(y), my, Math.sqrt(mix((m) => a[4 + m]! ** 2 + s(8 + m) ** 2) - my * my));
    const products = x.map((v, i) => v * y[i]!);
    near(mean(products), product, Math.sqrt(mean(products.map((p) => (p - product) ** 2))));
    const squares = x.map((v) => v * v);
    near(mean(squares), square, Math.sqrt(mean(squares.map((p) => (p - square) ** 2))));
    const p = 1 / (1 + Math.exp(-0.7));
    expect(new Set(up)).toEqual(new Set([0, 1]));
    near(mean(up), p, Math.sqrt(p * (1 - p)));
  });

  test("with a bias come as near to their mean as it says, from the same noise", async () => {
    const one = constantly(mixture(1, { components: 1 }), 3, [0, 1, -2, 0.5, 0.2, 0.9, 0]);
    const [free, biased] = [
      await drawn(one, { count: 20, seed: 6 }),
      await drawn(one, { count: 20, seed: 6, bias: 1.5 }),
    ];
    for (let i = 0; i < 20; i++) {
      expect((biased.data[3 * i]! - 1) * Math.exp(1.5)).toBeCloseTo(free.data[3 * i]! - 1, 4);
      expect((biased.data[3 * i + 1]! + 2) * Math.exp(1.5)).toBeCloseTo(free.data[3 * i + 1]! + 2, 4);
      expect(biased.data[3 * i + 2]).toBe(free.data[3 * i + 2]);
    }
  });

  test("with a large bias come from the likeliest component", async () => {
    const two = constantly(mixture(1, { components: 2, pen: false }), 1, [0, 0.1, -50, 50, 0, 0]);
    const { data } = await drawn(two, { count: 500, seed: 1, bias: 200 });
    expect([...data].every((v) => Math.abs(v - 50) < 1e-3)).toBe(true);
  });
});

describe("what can't be drawn is refused:", () => {
  test.each<[string, Model, GenerateOptions, string]>([
    ["a network that looks ahead", network({ input: [T, C], stages: [fading({ units: C, ahead: true })], head: stepClasses(T, { classes: C }) }), {}, "generate: the network must be causal"],
    ["a head of whole examples", network({ input: [T, C], stages: [dense({ units: 3 })], head: classes(3) }), {}, "generate: the head must predict steps, as step-classes and mixture do, received network with the head classes"],
    ["rows of another width", network({ input: [T, 2], stages: [fading({ units: C })], head: stepClasses(T, { classes: C }) }), {}, "generate: the network must read what the head step-classes draws, [6, 4], it reads [6, 2]"],
    ["too many steps", letters, { steps: 7 }, "generate: steps (of 6 that the network has, 0 taken by start) must be a whole number at least 1 and at most 6, received 7"],
    ["a bias of classes", letters, { bias: 1 }, "generate: bias must be omitted, draws of classes have a temperature, received 1"],
    ["a temperature of strokes", pen, { temperature: 1 }, "generate: temperature must be omitted, draws of strokes have a bias, received 1"],
    ["a temperature of 0", letters, { temperature: 0 }, "generate: temperature must be a finite number above 0, received 0"],
    ["a start of other rows", letters, { start: NdArray.zeros([2, 3]) }, "generate: start must be an array [n, 4] or [1, n, 4] with n from 1 to 6, received"],
    ["more than there is room for", letters, { count: 1e9 }, "generate: 1000000000 sequences of 1 step with 4 numbers each must be below 2147483648 numbers in all: choose fewer"],
    ["no sequences", letters, { count: 0 }, "generate: count must be a whole number at least 1, received 0"],
  ])("%s", async (_, model, options, message) => {
    await expect(generate(model, model.init(1).params, { backend: on, ...options })).rejects.toThrow(message);
  }); // biome-ignore format: a table

  test("a prediction that is no number", async () => {
    const { params } = letters.init(1);
    params[0]!.bias!.data[0] = Number.NaN;
    await expect(generate(letters, params, { backend: on })).rejects.toThrow(
      /the class scores must be finite numbers, one at step 0 .* is NaN/,
    );
  });
});

test("arguments that are no network or no parameters are named", async () => {
  const model = letters;
  const { params } = model.init(0);
  const wrong = generate as unknown as (...given: readonly unknown[]) => Promise<unknown>;
  for (const given of [[{ model, params, count: 2 }], [], [undefined, params], [params, model], [null]])
    await expect(wrong(...given)).rejects.toThrow(
      /^generate: its first argument must be a network, as in generate\(model, params/,
    );
  for (const given of [[model], [model, 3], [model, null]])
    await expect(wrong(...given)).rejects.toThrow("generate: its second argument must be the network's parameters");
});
