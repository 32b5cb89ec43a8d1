import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import type { Estimator, EstimatorState } from "../estimators/estimator.ts";
import { exact } from "../estimators/exact.ts";
import {
  add,
  broadcastTo,
  constant,
  mapTree,
  mean,
  mul,
  NdArray,
  sub,
  type Tensor,
  type Tree,
  valueAndGrad,
  zipTrees,
} from "../graph/index.ts";
import { evaluatingAll } from "../layers/gated-blocks.ts";
import { modelFrom } from "../models/from-config.ts";
import type { GatedMlpOptions } from "../models/gated-mlp.ts";
import { mlp } from "../models/mlp.ts";
import type { Model, Params } from "../models/model.ts";
import { key as keyOf, tile } from "../random/index.ts";
import { checkNumber } from "../rules.ts";
import { isBinary } from "./binary.ts";
import type { Problem, ProblemInputs } from "./problem.ts";
import { MOST_UNITS } from "./truth.ts";

/** Keeps the noise of the layers before the one that is measured apart from all other ("CUT"). */
const BEFORE = 0x435554;

/** A batch of examples. x [B, ...inputShape], labels int32 [B] */
export interface Examples {
  readonly x: NdArray;
  readonly labels: NdArray;
}

export interface NetworkProblemOptions {
  readonly model: Model;
  readonly params: Params<NdArray>;
  /** The estimators' states, one a layer; those of `model.init` when left out. */
  readonly states?: readonly { readonly [name: string]: NdArray }[] | undefined;
  /** Which hidden layer, from 0. */
  readonly layer: number;
  /** The batch to measure on (0), and those to warm up on (1, 2, …), all of one size. */
  readonly batch: (index: number) => Examples;
  readonly seed: number;
  readonly backend: Backend;
}

/** A model's layers of units, those that have an estimator, and the row of each among all layers. */
export const unitLayers = (model: Model): readonly { estimator: Estimator; units: number; row: number }[] =>
  model.layers.flatMap(({ estimator, output, gates }, row) =>
    estimator ? [{ estimator, units: gates?.blocks ?? output[0]!, row }] : [],
  );

/** Models that can be made anew with other estimators. */
const rebuilt = new Set(["mlp", "gated-mlp"]);

/** What the rest of the network reads. */
type Rest<T> = {
  readonly params: Params<T>;
  readonly labels: T;
  readonly states: readonly { readonly [name: string]: T }[];
  /** The inputs, where what follows the layer reads them too: behind gates come blocks that do. */
  readonly x?: T;
};

/**
 * A hidden layer of a model as a problem: the earlier layers have sampled once, the later ones keep their estimators.
 * Throws UserError for a layer that doesn't exist.
 */
export function networkProblem(options: NetworkProblemOptions): Problem {
  const { model, params, layer, batch, seed, backend } = options;
  const hidden = unitLayers(model);
  checkNumber(`measure: the layer (of ${hidden.length} hidden ones, from 0)`, layer, {
    whole: true,
    atLeast: 0,
    below: hidden.length,
  });
  const states = options.states ?? model.init(seed).states;
  const before = compile(
    (p: Params<Tensor>, x: Tensor, labels: Tensor) => ({
      a: model.cut(
        p,
        x,
        labels,
        layer,
        keyOf(seed).fold(BEFORE),
        mapTree(states, (s) => constant(s)),
      ).a,
    }),
    { backend },
  );
  const onBackend = resident(params, { backend });
  const isGates = model.gates?.includes(layer) ?? false;
  const inputsOf = ({ x, labels }: Examples): ProblemInputs<NdArray> => ({
    a: before(onBackend, x, labels).a,
    rest: { params, labels, states, ...(isGates && { x }) } satisfies Rest<NdArray>,
  });
  const first = batch(0);
  const inputs = inputsOf(first);
  const [examples, units] = inputs.a.shape as [number, number];
  /** The cut of a network of this form: its pre-activations aren't used, so nothing before it is run but what blocks read. */
  const cutOf =
    (network: Model): Problem["downstream"] =>
    (rest, copies, key) => {
      const { params, labels, states, x: inputs } = rest as Rest<Tensor>;
      const x = inputs ? tile(inputs, copies) : broadcastTo(constant(0), [copies * examples, ...model.inputShape]);
      const { downstream } = network.cut(params, x, tile(labels, copies), layer, key, states);
      // Whatever estimator is measured finds the derivatives of closed gates that it needs.
      return (h, mode) => evaluatingAll(() => downstream(h, mode));
    };
  const { classes } = hidden[layer]!.estimator.unit;
  const later = hidden.slice(layer + 1).filter(({ estimator }) => estimator.unit.stochastic);
  const laterUnits = later.reduce((total, { units }) => total + units, 0);
  // Earlier layers that sample are part of what follows gates, and no sum is taken over them.
  const drawn = isGates && hidden.slice(0, layer).some(({ estimator }) => estimator.unit.stochastic);
  const summed = drawn
    ? undefined
    : later.length === 0
      ? model
      : model.name === "mlp" && later.every(({ estimator }) => isBinary(estimator.unit)) && laterUnits < MOST_UNITS
        ? withEstimators(model, (own, i) => (i > layer && own.unit.stochastic ? exact : own))
        : undefined;
  return {
    name: `${model.name}, hidden layer ${layer + 1} of ${hidden.length}`,
    examples,
    units,
    classes,
    inputs,
    downstream: cutOf(model),
    ...(summed && {
      expected: {
        laterUnits,
        downstream: (rest: Tree<Tensor>, copies: number) => cutOf(summed)(rest, copies, keyOf(seed)),
      },
    }),
    warmup: (step) => inputsOf(batch(1 + step)),
    step: (estimator, on) => stepOf(model, estimator, { ...options, backend: on, ...first, states }),
  };
}

/** The same network with other estimators in its layers of units. Controls of sparsity are no part of what is measured. */
function withEstimators(model: Model, choose: (own: Estimator, layer: number) => Estimator): Model {
  const chosen = unitLayers(model).map(({ estimator, units }, i) => ({ units, estimator: choose(estimator, i) }));
  if (model.name === "mlp") return mlp({ input: model.inputShape, hidden: chosen, classes: model.classes });
  const { trunk, gated, ...config } = model.config as GatedMlpOptions;
  const before = trunk?.length ?? 0;
  return modelFrom({
    ...config,
    trunk: chosen.slice(0, before),
    gated: gated.map(({ sparsity: _, open: __, ...layer }, i) => ({ ...layer, gate: chosen[before + i]!.estimator })),
  });
}

/**
 * A training step to be timed: the gradients of the mean loss with respect to every parameter, and the update of plain gradient
 * descent with a rate of 0, so that however often it is run the network stays what it is. What the earlier layers' own estimators
 * cost belongs to it in a multilayer perceptron and in gated blocks; other models are cut, and timed from the layer on.
 */
function stepOf(
  model: Model,
  estimator: Estimator,
  { params, states, layer, seed, backend, x, labels }: NetworkProblemOptions & Examples,
): () => void {
  const whole = rebuilt.has(model.name)
    ? withEstimators(model, (own, i) => (i === layer ? estimator : own))
    : undefined;
  const { row, units } = unitLayers(model)[layer]!;
  type State<T> = {
    readonly params: Params<T>;
    readonly states: readonly { readonly [name: string]: T }[];
    readonly step: T;
  };
  const lossOf = (p: Params<Tensor>, inputs: Tensor, targets: Tensor, { states, step }: State<Tensor>) => {
    const key = keyOf(seed).fold(step);
    if (whole) {
      const pass = whole.train(p, inputs, targets, key, states);
      return { loss: pass.loss, states: pass.states };
    }
    const { a, downstream } = model.cut(p, inputs, targets, layer, key, states);
    const result = estimator.estimate(a, key.fold(layer), downstream, states[row] ?? {});
    return { loss: result.loss, states: states.map((old, i) => (i === row ? result.state : old)) };
  };
  const step = compile(
    (state: State<Tensor>, inputs: Tensor, targets: Tensor, rate: Tensor) => {
      const [[loss, next], grads] = valueAndGrad((p: Params<Tensor>): [Tensor, readonly EstimatorState[]] => {
        const result = lossOf(p, inputs, targets, state);
        return [mean(result.loss), result.states];
      })(state.params);
      const descended = zipTrees(state.params, grads, (p, g) => sub(p, mul(g, rate)));
      return { state: { params: descended, states: next, step: add(state.step, 1) }, loss };
    },
    { backend },
  );
  const own = estimator.init?.([units], keyOf(seed)) ?? {};
  const start: State<NdArray> = {
    params,
    states: (states ?? model.init(seed).states).map((old, i) => (i === row ? own : old)),
    step: NdArray.zeros([], "int32"),
  };
  const state = resident(start, { backend });
  const rate = NdArray.zeros([]);
  return () => void step(state, x, labels, rate);
}
