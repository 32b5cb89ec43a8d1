import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { UserError } from "../errors.ts";
import type { Estimator, EstimatorState } from "../estimators/estimator.ts";
import { exact } from "../estimators/exact.ts";
import { add, mean, mul, NdArray, sub, type Tensor, type Tree, valueAndGrad, zipTrees } from "../graph/index.ts";
import { evaluatingAll } from "../layers/gated-blocks.ts";
import { stageFields } from "../models/feed.ts";
import type { Batch } from "../models/head.ts";
import type { Flow, Model, Params, StageSummary } from "../models/model.ts";
import { key as keyOf, tile } from "../random/index.ts";
import { checkNumber } from "../rules.ts";
import { isBinary } from "./binary.ts";
import type { Problem, ProblemInputs } from "./problem.ts";
import { MOST_UNITS } from "./truth.ts";

/** Keeps the noise of the layers before the one that is measured apart from all other ("CUT"). */
const BEFORE = 0x435554;

/** A batch of examples: one array [B, …] for each field that the network reads. */
export type Examples = Batch<NdArray>;

/** Which layer of which network is measured, and on which batch. */
export interface NetworkProblemOptions {
  /** The network. */
  readonly model: Model;
  /** Its parameters: one record of arrays for each layer. */
  readonly params: Params<NdArray>;
  /** The estimators' states, one for each row of the model (default: those of `model.init`). */
  readonly states?: readonly { readonly [name: string]: NdArray }[] | undefined;
  /** Which of the model's layers of units, from 0. */
  readonly layer: number;
  /** The batch to measure on (0), and those to warm up on (1, 2, …), all of one size. */
  readonly batch: (index: number) => Examples;
  /** Decides the noise of other layers. */
  readonly seed: number;
  /** The backend that runs it. */
  readonly backend: Backend;
}

/** Why a network without layers of units can't be measured, and what can. */
export function noLayer(name: string, stages: readonly Pick<StageSummary, "kind">[]): string {
  const received = `measure: needs a layer of units that decide once for an example, as dense:units=8,estimator=disarm has, received ${name} without one`;
  if (!stages.some(({ kind }) => kind === "recurrent")) return received;
  return `${received}: neurons of a recurrent cell decide at each step, and the bias of these is computed for short sequences by the library's biasThroughTime (docs/explanation/spiking-bias.md)`;
}

/** What the downstream network reads. */
type Rest<T> = {
  readonly params: Params<T>;
  readonly batch: Batch<T>;
  readonly states: readonly { readonly [name: string]: T }[];
  /** What the layer's stage read, where something behind its units reads that again. */
  readonly read?: Flow<T>;
};

/**
 * A layer of a network's units as a problem: the earlier layers have sampled once, the later ones keep their estimators.
 * Throws UserError for a layer that doesn't exist.
 */
export function networkProblem(options: NetworkProblemOptions): Problem {
  const { model, params, layer, batch, seed, backend } = options;
  const { unitLayers } = model;
  if (unitLayers.length === 0) throw new UserError(noLayer(model.name, model.stages));
  checkNumber(`measure: the layer (of ${unitLayers.length} hidden ones, from 0)`, layer, {
    whole: true,
    atLeast: 0,
    below: unitLayers.length,
  });
  const measured = unitLayers[layer]!;
  const states = options.states ?? model.init(seed).states;
  const before = compile(
    (p: Params<Tensor>, x: Tensor, fields: Batch<Tensor>) => model.cut(p, x, layer, keyOf(seed).fold(BEFORE), fields),
    { backend },
  );
  const onBackend = resident(params, { backend });
  const inputsOf = (examples: Examples): ProblemInputs<NdArray> => {
    const { read, a } = before(onBackend, examples[model.input]!, stageFields(model, examples));
    const rest: Rest<NdArray> = { params, batch: examples, states, ...(measured.readsInput && { read }) };
    return { a, rest };
  };
  const first = batch(0);
  const inputs = inputsOf(first);
  const [examples, units] = inputs.a.shape as [number, number];
  /** What follows the layer in a network of this form. */
  const behind =
    (network: Model): Problem["downstream"] =>
    (given, copies, key) => {
      const { params, batch, states, read } = given as Rest<Tensor>;
      const copied = Object.fromEntries(Object.entries(batch).map(([field, value]) => [field, tile(value, copies)]));
      const tiled = read && {
        h: tile(read.h, copies),
        kept: read.kept.map((all) => all.map((x) => tile(x, copies))),
      };
      const downstream = network.behind(params, copied, layer, tiled, key, states);
      // Whatever estimator is measured finds the derivatives of closed gates that it needs.
      return (h, mode) => evaluatingAll(() => downstream(h, mode));
    };
  const later = unitLayers.slice(layer + 1).filter(({ estimator }) => estimator.unit.stochastic);
  const laterUnits = later.reduce((total, { units }) => total + units, 0);
  const enumerates = later.every(({ estimator }) => isBinary(estimator.unit)) && laterUnits < MOST_UNITS;
  const summing = () =>
    later.length === 0
      ? model
      : enumerates
        ? model.remade((own, i) => (i > layer && own.unit.stochastic ? exact : own))
        : undefined;
  // One draw of other noise is no expectation.
  const summed = measured.noiseBehind ? undefined : summing();
  return {
    name: `${model.name}, hidden layer ${layer + 1} of ${unitLayers.length}`,
    examples,
    units,
    classes: measured.estimator.unit.classes,
    inputs,
    downstream: behind(model),
    ...(summed && {
      expected: {
        laterUnits,
        downstream: (rest: Tree<Tensor>, copies: number) => behind(summed)(rest, copies, keyOf(seed)),
      },
    }),
    warmup: (step) => inputsOf(batch(1 + step)),
    step: (estimator, on) => stepOf(estimator, { ...options, backend: on, states, examples: first }),
  };
}

interface TimedOptions extends NetworkProblemOptions {
  readonly examples: Examples;
}

/**
 * A training step to be timed: the gradients of the mean loss with respect to every parameter, and the update of plain gradient
 * descent with a rate of 0, so that however often it is run the network stays what it is. What the earlier layers' own estimators
 * cost belongs to it.
 */
function stepOf(
  estimator: Estimator,
  { model, params, states, layer, seed, backend, examples }: TimedOptions,
): () => void {
  const whole = model.remade((own, i) => (i === layer ? estimator : own));
  const { row, units } = model.unitLayers[layer]!;
  const fields = Object.keys(examples);
  type State<T> = {
    readonly params: Params<T>;
    readonly states: readonly { readonly [name: string]: T }[];
    readonly step: T;
  };
  const step = compile(
    (state: State<Tensor>, rate: Tensor, ...given: readonly Tensor[]) => {
      const batch = Object.fromEntries(fields.map((field, i) => [field, given[i]!]));
      const [[loss, next], grads] = valueAndGrad((p: Params<Tensor>): [Tensor, readonly EstimatorState[]] => {
        const pass = whole.train(p, batch, keyOf(seed).fold(state.step), state.states);
        return [mean(pass.loss), pass.states];
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
  return () => void step(state, rate, ...fields.map((field) => examples[field]!));
}
