/** Gated convolutions: that the next convolution skips the channels that one closed, and that their normalisation is one over open images. */
import { describe, expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { workOf } from "../cost/work.ts";
import { type EstimatorConfig, type EstimatorName, estimatorNames } from "../estimators/index.ts";
import { add, array, concat, constant, conv2d, evaluate, gradients, leaves, mul, NdArray, reshape, sum, type Tensor, type Tree, tanh } from "../graph/index.ts"; // biome-ignore format: one line
import { gradientError } from "../graph/testing/finite-differences.ts";
import { key } from "../random/index.ts";
import { everythingEvaluated } from "./everything-evaluated.ts";
import { modelFrom } from "./from-config.ts";
import { classes, conv, dense, dropout, flatten, gatedConv, globalPool, network, normalise, pool, residual } from "./index.ts"; // biome-ignore format: one line
import type { Model, Params } from "./model.ts";
import { inTraining, type Stage, type StageSpec } from "./stage.ts";
import { batchNormalised, movedMoments } from "./stages/batch-normalisation.ts";
import type { GatedConv } from "./stages/gated-conv.ts";
import { doubled, value } from "./testing.ts";

const numbers = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((n, length) => n * length, 1);
  return constant(
    new NdArray(
      Float64Array.from({ length: size }, (_, i) => Math.sin(1.3 * i)),
      shape,
    ),
  );
};
const [x, label] = [numbers([5, 6, 5, 2]), constant(array(Int32Array.of(2, 0, 1, 1, 2)))];
const batch = { x, label };
const made = (stages: readonly StageSpec[]): Model =>
  network({ input: [6, 5, 2], stages: [...stages, dense({})], head: classes(3) });

/** Half of the groups are open for each image. Closed ones are skipped in training too, since they get no derivatives. */
const half = { name: "top-k", k: 2 } as const;
const gated = (options: Partial<GatedConv> = {}): StageSpec =>
  gatedConv({
    features: 8,
    blocks: 4,
    gate: half,
    gater: { name: "dense", hidden: [] },
    activation: "tanh",
    normalise: true,
    ...options,
  });

/** The same stage, which tells nobody what it closed. */
function silent(spec: StageSpec): StageSpec {
  const build: StageSpec["build"] = (at) => {
    const { outputGates: _, ...stage } = spec.build(at);
    return stage as Stage;
  };
  const { around } = spec;
  return { ...spec, build, ...(around && { around: { ...around, begin: silent(around.begin) } }) };
}

/** What a network outputs at test, and its training pass with all gradients and what it moves. */
function results(model: Model): Tensor[] {
  const { params, states } = doubled(model);
  const { loss, output, moved } = model.train(params, batch, key(5), states);
  const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
  const read = (["stochastic", "deterministic"] as const).map((readout) => model.output(params, x, readout, key(3)));
  return [...read, output, loss, ...gradients(loss.sum(), wrt), ...moved.flatMap((row) => Object.values(row))];
}

function expectSame(found: readonly Tensor[], wanted: readonly Tensor[]): void {
  expect(found.length).toBe(wanted.length);
  const [ours, theirs] = [found, wanted].map((tensors) => evaluate(tensors).map(({ data }) => data));
  ours!.forEach((own, i) => {
    own.forEach((v, j) => {
      const far = Math.abs(v - theirs![i]![j]!);
      if (!(far < 1e-11)) expect.fail(`result ${i}: ${v} at ${j}, expected ${theirs![i]![j]}`);
    });
  });
}

/** Products of a program, those behind gates as far as they are open. */
function products(tensors: readonly Tensor[]): number {
  const { always, behind } = workOf(tensors);
  const shares = [...behind].map(([gates, work]) => {
    const open = value(gates);
    return (work * open.filter((gate) => gate !== 0).length) / open.length;
  });
  return shares.reduce((total, n) => total + n, always);
}

describe("a convolution skips the channels that a gated one before it closed", () => {
  const cases: Readonly<Record<string, readonly [stages: readonly StageSpec[], reads: string, share: number]>> = {
    "of a gated one it does a quarter": [[gated()], "gated-conv2", 1 / 4],
    "a plain one": [[conv({ features: 3, estimator: "tanh" })], "conv1", 1 / 2],
    "with a pooling between": [[pool({ size: 2, padding: "same" }), gated({ normalise: false })], "gated-conv2", 1 / 4],
    "with a pooling of means": [[pool({ size: 3, stride: 1, padding: 1, reduce: "mean" }), gated()], "gated-conv2", 1 / 4], // biome-ignore format: one line
    "with dropout": [[dropout({ rate: 0.3 }), conv({ features: 3 })], "conv1", 1 / 2],
    "within a residual stage": [[residual({ stages: [conv({ features: 4 }), normalise()] })], "conv1", 1 / 2],
  };
  test.each(Object.entries(cases))("%s: the same numbers, and that share of products", (_, [rest, reads, share]) => {
    const stages = [gated({ normalise: false }), ...rest];
    const [telling, mute] = [made(stages), made(stages.map(silent))];
    expectSame(results(telling), results(mute));
    const { parameters, output, multiplyAdds } = telling.layers.find(({ name }) => name === reads)!;
    const isNormalised = parameters.some(({ name }) => name === "scale");
    const convolution = multiplyAdds - (isNormalised ? 2 * output.reduce((n, length) => n * length) : 0);
    const saved = (of: (model: Model) => readonly Tensor[]): number => products(of(mute)) - products(of(telling));
    // Half of what the second convolution does without: a gated one does half itself.
    expect(saved((model) => results(model).slice(0, 1))).toBe(5 * convolution * share);
    // The same for the gradients of its weight and of what it reads.
    const wrt = leaves(telling.init(1).params as Tree<NdArray>).length;
    expect(saved((model) => results(model).slice(3, 4 + wrt))).toBe(3 * 5 * convolution * share);
  });

  const few = ["straight-through", "score-function", "disarm", "sigmoid", "noisy-rectifier", "concrete", "leave-one-out"] as const; // biome-ignore format: one line
  const fitting: Partial<Record<EstimatorName, object>> = { "top-k": { k: 1 }, "gumbel-softmax": { classes: 2 } };
  const gates = (full ? estimatorNames : few).map((name): EstimatorConfig => {
    const options = fitting[name] ?? (name.startsWith("categorical") ? { classes: 2 } : {});
    return { name, ...options } as EstimatorConfig;
  });
  test.each(gates)("whatever the gates are ($name), with the same numbers", (gate) => {
    const own = { gate, blocks: 2 };
    const stages = [gated(own), pool({ size: 2, padding: "same" }), gated(own), conv({ features: 3 })];
    expectSame(results(made(stages)), results(made(stages.map(silent))));
  });

  test.each<[string, readonly StageSpec[]]>([
    ["a normalisation", [normalise()]],
    ["units that fire at 0", [pool({ size: 2, estimator: "sigmoid" })]],
    ["a sum with what went around", [residual({ stages: [gated()] })]],
    ["a convolution", [conv({ features: 8 })]],
  ])("and reads all behind %s", (_, between) => {
    const stages = [gated(), ...between, conv({ features: 3, size: 1 })];
    const [found, wanted] = [made(stages), made([silent(gated()), ...stages.slice(1).map(silent)])];
    expectSame(results(found), results(wanted));
  });

  test("groups of channels are read as they are, and nothing is skipped where all is evaluated", () => {
    const stages = [gated(), conv({ features: 4, groups: 2 })];
    expectSame(results(made(stages)), results(made(stages.map(silent))));
    const model = everythingEvaluated(made([gated(), gated(), conv({ features: 2 })]));
    const { params, states } = doubled(model);
    const { loss } = model.train(params, batch, key(5), states);
    expect(workOf([model.output(params, x, "stochastic", key(1)), loss]).behind.size).toBe(0);
    expectSame([model.output(params, x, "stochastic", key(1)), loss], [made([gated(), gated(), conv({ features: 2 })])].flatMap((skips) => [skips.output(params, x, "stochastic", key(1)), skips.train(params, batch, key(5), states).loss])); // biome-ignore format: one line
  });
});

const gates = constant(array([[1, 0], [0, 0.5], [1, 2], [0, 0], [1, 0]], { dtype: "float64" })); // biome-ignore format: rows

/** Gates [5, 2] as those of 4 features. */
const perFeature = (of: Tensor): Tensor => reshape(concat([of, of], 1).reshape([5, 2, 2]).transpose([0, 2, 1]), [5, 4]);

/** A network of one gated convolution of 2 groups, and the losses of its units' rest for given gates. */
function behindGates(gate: EstimatorConfig, stages: readonly StageSpec[] = []) {
  const model = made([gated({ features: 4, blocks: 2, gate }), ...stages]);
  const { params, states, numbers } = doubled(model);
  const { read } = model.cut(params, x, 0, key(3));
  const rest = (own: Params<Tensor>) => model.behind(own, batch, 0, read, key(3), states);
  return { model, params, states, numbers, rest };
}

describe("normalisation within a gated convolution", () => {
  const row = 1;

  test("with all gates open gives the numbers of a convolution and a normalise stage", () => {
    const within = behindGates("score-function");
    const [gater, own, last] = within.params;
    const { weight, scale, shift, mean, variance, readoutMean, readoutVariance } = own!;
    const apart = network({
      ...{ input: [6, 5, 2], head: classes(3) },
      stages: [conv({ features: 4, bias: false }), normalise({ estimator: "tanh" }), dense({})],
    });
    const params = [{ weight: weight! }, { scale: scale!, shift: shift!, mean: mean!, variance: variance! }, last!];
    const open = constant(new NdArray(new Float64Array(10).fill(1), [5, 2]));
    const pass = apart.train(params, batch, key(1), [{}, {}, {}]);
    const wrt = [weight!, scale!, shift!, last!.weight!];
    const loss = within.rest(within.params)(open, "live");
    expectSame([loss, ...gradients(loss.sum(), wrt)], [pass.loss, ...gradients(pass.loss.sum(), wrt)]);
    // A gater that opens everything for everyone, at test and in a training step.
    const opens = { ...gater!, bias: constant(new NdArray(new Float64Array(2).fill(99), [2])) };
    const all = [opens, own!, last!] as Params<Tensor>;
    expectSame([within.model.output(all, x, "stochastic", key(1))], [apart.output(params, x, "stochastic", key(1))]);
    // Gates that draw have moments of their own for the deterministic readout; sigmoids have none.
    const read = [params[0]!, { ...params[1]!, mean: readoutMean!, variance: readoutVariance! }, params[2]!];
    expectSame(
      [within.model.output(all, x, "deterministic", key(1))],
      [apart.output(read, x, "deterministic", key(1))],
    );
    const { moved } = within.model.train(all, batch, key(2), within.states);
    expectSame([moved[row]!.mean!, moved[row]!.variance!], [pass.moved[1]!.mean!, pass.moved[1]!.variance!]);
  });

  test("takes mean and variance over the images whose group is open; closed groups are exactly 0", () => {
    const { model, params, rest } = behindGates("score-function", [flatten()]);
    const { weight, ...own } = params[row]!;
    const each = perFeature(gates);
    const a = batchNormalised(own, conv2d(x, weight!, { padding: "same" }), { ...inTraining, rows: 5, epsilon: 1e-5, gates: each }); // biome-ignore format: one line
    const expected = add(reshape(mul(tanh(a), reshape(each, [5, 1, 1, 4])), [5, 120]).matmul(params.at(-1)!.weight!), params.at(-1)!.bias!); // biome-ignore format: one line
    expectSame([rest(params)(gates, "live")], [model.head.loss!(expected, { label }, {})]);
    // A group that is closed for everyone is 0, whatever its parameters are, and learns nothing.
    const never = constant(array([[1, 0], [1, 0], [1, 0], [1, 0], [1, 0]], { dtype: "float64" })); // biome-ignore format: rows
    const spoilt = { ...params[row]!, weight: mul(weight!, constant(array([1, 1, Number.NaN, Number.NaN], { dtype: "float64" }))) }; // biome-ignore format: one line
    const spoiltParams = params.map((own, i) => (i === row ? spoilt : own));
    const [clean, dirty] = [params, spoiltParams].map((all) => rest(all)(never, "live"));
    expectSame([dirty!], [clean!]);
    const [ofWeight, ofScale, ofShift] = gradients(clean!.sum(), [weight!, own.scale!, own.shift!]).map(value);
    for (const g of [ofWeight!, ofScale!, ofShift!]) {
      expect(g.filter((v, i) => i % 4 >= 2 && v !== 0)).toEqual([]);
      expect(g.some((v, i) => i % 4 < 2 && v !== 0)).toBe(true);
    }
  });

  test("has the gradients of finite differences, closed groups skipped or evaluated, and open gates' too", () => {
    for (const gate of ["score-function", "straight-through"] as const) {
      const { numbers, rest } = behindGates(gate);
      const { weight, scale, shift } = numbers[row]!;
      const losses = (weight: Tensor, scale: Tensor, shift: Tensor, given: Tensor): Tensor => {
        const params = numbers.map((own) => Object.fromEntries(Object.entries(own).map(([name, p]) => [name, constant(p)]))); // biome-ignore format: one line
        return rest(params.map((own, i) => (i === row ? { ...own, weight, scale, shift } : own)))(given, "live");
      };
      const open = new NdArray(Float64Array.from({ length: 10 }, (_, i) => 0.3 + 0.1 * i), [5, 2]); // biome-ignore format: one line
      expect(gradientError(losses, [weight!, scale!, shift!, open])).toBeLessThan(1e-8);
      // Where some are closed, a difference of theirs would open them.
      const some = (...own: Tensor[]): Tensor => losses(...(own as [Tensor, Tensor, Tensor]), gates);
      expect(gradientError(some, [weight!, scale!, shift!])).toBeLessThan(1e-8);
    }
  });

  test("of a whole network has them, with soft gates and their gater", () => {
    const model = made([gated({ gate: "sigmoid" }), pool({ size: 2 }), gated({ gate: "sigmoid", features: 4, blocks: 2 })]); // biome-ignore format: one line
    const { numbers } = doubled(model);
    const list = numbers.flatMap((own) => Object.values(own));
    const some = list.map((p) => p.data.length <= 8);
    const f = (...free: Tensor[]): Tensor => {
      const all = list.map((p, i) => (some[i] ? free.shift()! : constant(p)));
      const params = numbers.map((own) => Object.fromEntries(Object.keys(own).map((name) => [name, all.shift()!])));
      return model.train(params, batch, key(1), []).loss;
    };
    expect(gradientError(f, list.filter((_, i) => some[i]))).toBeLessThan(1e-7); // biome-ignore format: one line
  });

  test("asks closed groups, where they are evaluated, what they would output among the open ones; where none is open, by running moments", () => {
    const closed = constant(array([[1, 0], [0, 0], [1, 0], [0, 0], [1, 0]], { dtype: "float64" })); // biome-ignore format: rows
    const { params, rest } = behindGates("straight-through");
    const { weight, ...own } = params[row]!;
    const loss = rest(params)(closed, "live");
    const skipped = behindGates("score-function");
    const theirs = skipped.rest(params)(closed, "live");
    const wrt = [weight!, own.scale!, own.shift!, params.at(-1)!.weight!];
    expectSame([loss, ...gradients(loss.sum(), wrt)], [theirs, ...gradients(theirs.sum(), wrt)]);
    // ∂loss/∂gate is the sum of what a feature would have output times the loss's derivative there.
    const a = conv2d(x, weight!, { padding: "same" });
    const open = constant(array([[1], [0], [1], [0], [1]], { dtype: "float64" }));
    const first = batchNormalised(own, a, { ...inTraining, rows: 5, epsilon: 1e-5, gates: open });
    const running = batchNormalised(own, a, { training: false, readout: "stochastic", rows: 5, epsilon: 1e-5 });
    const isFirst = constant(array([1, 1, 0, 0], { dtype: "float64" }));
    const h = tanh(add(mul(first, isFirst), mul(running, constant(array([0, 0, 1, 1], { dtype: "float64" })))));
    const y = mul(h, reshape(mul(open, isFirst), [5, 1, 1, 4]));
    const scores = add(reshape(y, [5, 120]).matmul(params.at(-1)!.weight!), params.at(-1)!.bias!);
    const slopes = gradients(classes(3).loss!(scores, { label }, {}).sum(), [y])[0]!;
    const expected = sum(reshape(sum(mul(h, slopes), [1, 2]), [5, 2, 2]), 2);
    expectSame(gradients(loss.sum(), [closed]), [expected]);
  });

  test("moves what test uses, beside a control of the gates", () => {
    const model = made([gated({ features: 4, blocks: 2, gate: { name: "top-k", k: 1 }, sparsity: [{ name: "balance", target: 0.5 }] })]); // biome-ignore format: one line
    const { params, states } = doubled(model);
    const { loss, moved } = model.train(params, batch, key(2), states);
    expect(Object.keys(moved[row]!).sort()).toEqual(["lift", "mean", "variance"]);
    const { output } = model.hidden(params, x, "stochastic", key(2))[0]!;
    const { weight, ...own } = params[row]!;
    const each = perFeature(output);
    const wanted = movedMoments(own, conv2d(x, weight!, { padding: "same" }), 0.1, each);
    expectSame([moved[row]!.mean!, moved[row]!.variance!], [wanted.mean!, wanted.variance!]);
    // The convolution is the one of the step.
    expect(products([loss, ...Object.values(moved[row]!)])).toBe(products([loss]));
  });

  test("gives copies of a batch the losses of calls one by one", () => {
    const { params, rest } = behindGates("score-function", [gated({ gate: "score-function" }), globalPool()]);
    const other = constant(array([[0, 1], [1, 1], [0, 0], [1, 0], [0, 1]], { dtype: "float64" })); // biome-ignore format: rows
    for (const mode of ["live", "detached", "mean"] as const)
      expectSame([rest(params)(concat([gates, other], 0), mode)], [concat([gates, other].map((h) => rest(params)(h, mode)), 0)]); // biome-ignore format: one line
  });

  test("is an option, read back from a config", () => {
    const model = made([gated()]);
    const again = modelFrom(JSON.parse(JSON.stringify(model.config)));
    expect(again.config).toEqual(model.config);
    const names = again.layers[row]!.parameters.map(({ name }) => name);
    expect(names).toEqual(["weight", "scale", "shift", "mean", "variance"]);
    expect(() => made([gated({ normalise: 1 as never })])).toThrow("network: stages[0].normalise must be true or false, received 1"); // biome-ignore format: one line
  });
});
