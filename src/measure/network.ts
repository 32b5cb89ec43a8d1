import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile.ts";
import type { Estimator, EstimatorState } from "../estimators/estimator.ts";
import { exact } from "../estimators/exact.ts";
import {
  add,
  broadcastTo,
  constant,
  mean,
  mul,
  NdArray,
  sub,
  type Tensor,
  type Tree,
  valueAndGrad,
  zipTrees,
} from "../graph/index.ts";
import { mlp } from "../models/mlp.ts";
import type { Model, Params } from "../models/model.ts";
import { key as keyOf, tile } from "../random/index.ts";
import { resident } from "../resident.ts";
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

/** What the rest of the network reads. */
interface Rest<T> {
  readonly params: Params<T>;
  readonly labels: T;
  readonly states: readonly { readonly [name: string]: T }[];
}

/**
 * A hidden layer of a model as a problem: the earlier layers have sampled once, the later ones keep their estimators.
 * Throws UserError for a layer that doesn't exist.
 */
export function networkProblem(options: NetworkProblemOptions): Problem {
  const { model, params, layer, batch, seed, backend } = options;
  const hidden = model.layers.flatMap(({ estimator, output }) => (estimator ? [{ estimator, units: output[0]! }] : []));
  checkNumber(`measure: the layer (of ${hidden.length} hidden ones, from 0)`, layer, {
    whole: true,
    atLeast: 0,
    below: hidden.length,
  });
  const states = options.states ?? model.init(seed).states;
  const before = compile(
    (p: Params<Tensor>, x: Tensor, labels: Tensor) => ({
      a: model.cut(p, x, labels, layer, keyOf(seed).fold(BEFORE), states as never).a,
    }),
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params as never, { backend });
  const inputsOf = ({ x, labels }: Examples): ProblemInputs<NdArray> => ({
    a: before(onBackend, x as never, labels as never).a,
    rest: { params, labels, states } as unknown as Tree<NdArray>,
  });
  const first = batch(0);
  const inputs = inputsOf(first);
  const [examples, units] = inputs.a.shape as [number, number];
  /** The cut of a network of this form: its pre-activations aren't used, so nothing before it is run. */
  const cutOf =
    (network: Model): Problem["downstream"] =>
    (rest, copies, key) => {
      const { params, labels, states } = rest as unknown as Rest<Tensor>;
      const x = broadcastTo(constant(0), [copies * examples, ...model.inputShape]);
      return network.cut(params, x, tile(labels, copies), layer, key, states).downstream;
    };
  const { classes } = hidden[layer]!.estimator.unit;
  const later = hidden.slice(layer + 1).filter(({ estimator }) => estimator.unit.stochastic);
  const laterUnits = later.reduce((total, { units }) => total + units, 0);
  const summed =
    later.length === 0
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

/** The same network with other estimators in its hidden layers. */
const withEstimators = (model: Model, choose: (own: Estimator, layer: number) => Estimator): Model =>
  mlp({
    input: model.inputShape,
    hidden: model.layers.flatMap(({ estimator, output }, i) =>
      estimator ? [{ units: output[0]!, estimator: choose(estimator, i) }] : [],
    ),
    classes: model.classes,
  });

/**
 * A training step to be timed: the gradients of the mean loss with respect to every parameter, and the update of plain gradient
 * descent with a rate of 0, so that however often it is run the network stays what it is. What the earlier layers' own estimators
 * cost belongs to it in a multilayer perceptron; other models are cut, and timed from the layer on.
 */
function stepOf(
  model: Model,
  estimator: Estimator,
  { params, states, layer, seed, backend, x, labels }: NetworkProblemOptions & Examples,
): () => void {
  const whole = model.name === "mlp" ? withEstimators(model, (own, i) => (i === layer ? estimator : own)) : undefined;
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
    const result = estimator.estimate(a, key.fold(layer), downstream, states[layer] ?? {});
    return { loss: result.loss, states: states.map((old, i) => (i === layer ? result.state : old)) };
  };
  const step = compile(
    (state: State<Tensor>, inputs: Tensor, targets: Tensor, rate: Tensor) => {
      const [[loss, next], grads] = valueAndGrad((p: Params<Tensor>): [Tensor, readonly EstimatorState[]] => {
        const result = lossOf(p, inputs, targets, state);
        return [mean(result.loss), result.states];
      })(state.params);
      const descended = zipTrees(state.params as Tree<Tensor>, grads as Tree<Tensor>, (p, g) => sub(p, mul(g, rate)));
      return { state: { params: descended as Params<Tensor>, states: next, step: add(state.step, 1) }, loss };
    },
    { backend },
  );
  const units = model.layers[layer]!.output;
  const own = estimator.init?.(units, keyOf(seed)) ?? {};
  const start: State<NdArray> = {
    params,
    states: (states ?? model.init(seed).states).map((old, i) => (i === layer ? own : old)),
    step: NdArray.zeros([], "int32"),
  };
  const state = resident(start as never, { backend });
  const rate = NdArray.zeros([]);
  return () => void step(state as never, x as never, labels as never, rate as never);
}
