import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import type { Split } from "../../data/dataset.ts";
import type { EstimatorStateArrays } from "../../estimators/estimator.ts";
import {
  add,
  leaves,
  mean,
  mul,
  NdArray,
  sub,
  sum,
  type Tensor,
  type Tree,
  valueAndGrad,
  zipTrees,
} from "../../graph/index.ts";
import { batchOf, fed } from "../../models/feed.ts";
import type { Model, Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";
import type { Figure } from "../../statistics/figure.ts";
import { GROUPS, type Moments, positiveFigure, signalToNoise } from "../../statistics/jackknife.ts";

/** How much noise the gradient of a training step has, by layer. */
export interface GradientNoise {
  /** Examples of a step. */
  readonly batch: number;
  /** Steps that it is taken from. */
  readonly steps: number;
  /** The layers that have parameters, first to last. */
  readonly layers: readonly LayerNoise[];
}

/** The noise in the gradient of one layer's parameters. */
export interface LayerNoise {
  /** The layer's name in tables. */
  readonly name: string;
  /** ‖E ĝ‖ / √(Σ Var ĝᵢ) of the gradient ĝ of one step. */
  readonly signalToNoise: Figure;
  /** The share of that variance that is due to what units draw, and not to which examples a batch has; undefined where nothing is drawn. */
  readonly drawn: number | undefined;
}

/** Multiply-adds that this may take, and the least examples of a step. */
const [WORK, LEAST] = [3e10, 8];
/** Steps before the first, in which what estimators learn on the side settles. */
const WARM = 60;
/** A gradient costs about three times its forward pass. */
const BACKWARD = 3;
/** Keeps this noise apart from that of training ("GNOI"). */
const NOISE = 0x474e4f49;

interface Options {
  readonly backend: Backend;
  /** Examples of a training step; fewer are taken where the network is so large that it would take long. */
  readonly batch: number;
  readonly seed?: number | undefined;
}

/**
 * The noise of a network's gradient at some parameters, from 20 batches of training examples with fresh noise of the units. With sums over batches b of the
 * gradients g_b of a layer, ‖E ĝ‖² is (‖Σ g_b‖² − Σ ‖g_b‖²) / n(n − 1), which noise adds nothing to on average, and the variance is what is left. Intervals are the
 * jackknife's over batches. Each batch is met twice, with independent draws: half of their squared distance is the variance due to draws.
 *
 * Undefined where there are too few examples, or no gradient is finite.
 */
export function gradientNoiseOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  train: Split,
  { backend, batch, seed = 0 }: Options,
): GradientNoise | undefined {
  const forward = model.layers.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0);
  const most = Math.floor(WORK / (BACKWARD * 4 * GROUPS * Math.max(1, forward)));
  // No example is met twice: what is common to two batches would pass for signal.
  const size = Math.min(batch, Math.max(LEAST, most), Math.floor(train.size / GROUPS));
  if (size < 1) return undefined;
  const named = model.layers.flatMap(({ name, parameters }, row) =>
    parameters.some(({ byRule }) => !byRule) ? [{ name, row }] : [],
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const states = settled(model, params, train, { backend, size, seed });
  const gradientAt = (p: Params<Tensor>, held: States<Tensor>, at: Tensor, given: readonly Tensor[]): Params<Tensor> =>
    gradientOf(model, p, held, { at, seed, given }).gradient;
  const first = compile(
    (
      state: { readonly total: Params<Tensor> },
      p: Params<Tensor>,
      held: States<Tensor>,
      at: Tensor,
      ...given: readonly Tensor[]
    ) => {
      const [g, other] = [at, add(at, GROUPS)].map((draw) => gradientAt(p, held, draw, given)) as [
        Params<Tensor>,
        Params<Tensor>,
      ];
      return {
        state: { total: sumOf(state.total, g) },
        squares: named.map(({ row }) => dot(g[row]!, g[row]!)),
        apart: named.map(({ row }) => distance(g[row]!, other[row]!)),
      };
    },
    { backend },
  );
  const second = compile(
    (total: Params<Tensor>, p: Params<Tensor>, held: States<Tensor>, at: Tensor, ...given: readonly Tensor[]) => {
      const g = gradientAt(p, held, at, given);
      return named.map(({ row }) => dot(g[row]!, total[row]!));
    },
    { backend },
  );
  const zeros = params.map((layer) =>
    Object.fromEntries(Object.entries(layer).map(([name, { shape }]) => [name, NdArray.zeros([...shape])])),
  );
  const total = resident({ total: zeros }, { backend });
  const steps = Array.from({ length: GROUPS }, (_, i) => ({
    at: scalar(i),
    given: fed(model, batchAt(train, i, size)),
  }));
  const once = steps.map(({ at, given }) => first(total, onBackend, states, at, ...given));
  const sums = total.read().total;
  const twice = steps.map(({ at, given }) => second(sums, onBackend, states, at, ...given));
  const layers = named.map(({ name }, i) =>
    noiseOf(name, {
      squares: once.map(({ squares }) => squares[i]!.item()),
      withSum: twice.map((dots) => dots[i]!.item()),
      apart: model.stochastic ? once.map(({ apart }) => apart[i]!.item()) : undefined,
    }),
  );
  const usable = layers.filter(({ signalToNoise: { value } }) => Number.isFinite(value));
  return usable.length === 0 ? undefined : { batch: size, steps: GROUPS, layers: usable };
}

/** Inner products of n gradients: ‖g_b‖², ⟨g_b, Σ g⟩, and ‖g_b − g′_b‖² for two draws on one batch. */
export interface Products {
  readonly squares: readonly number[];
  readonly withSum: readonly number[];
  readonly apart: readonly number[] | undefined;
}

/** What inner products of n gradients say of their noise. */
export function noiseOf(name: string, { squares, withSum, apart }: Products): LayerNoise {
  const n = squares.length;
  const sumOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [all, whole] = [sumOf(squares), sumOf(withSum)];
  const momentsOf = (count: number, square: number, sum: number): Moments => {
    const mm = (sum - square) / (count * (count - 1));
    return { mm, mg: mm, gg: mm, variance: Math.max(0, square / count - mm) };
  };
  const jack = {
    all: momentsOf(n, all, whole),
    without: squares.map((own, b) => momentsOf(n - 1, all - own, whole - 2 * withSum[b]! + own)),
  };
  return {
    name,
    signalToNoise: positiveFigure(jack, signalToNoise),
    drawn: apart && Math.min(1, sumOf(apart) / (2 * n) / jack.all.variance),
  };
}

type States<T> = readonly { readonly [name: string]: T }[];

/** The gradient of a step's mean loss, and what estimators make of their states. */
function gradientOf<M extends string>(
  model: Model<M>,
  params: Params<Tensor>,
  states: States<Tensor>,
  { at, seed, given }: { readonly at: Tensor; readonly seed: number; readonly given: readonly Tensor[] },
) {
  const lossOf = (p: Params<Tensor>): [Tensor, States<Tensor>] => {
    const pass = model.train(p, batchOf(model, given), key(seed).fold(NOISE).fold(at), states);
    const loss = mean(pass.loss);
    return [pass.penalty ? add(loss, pass.penalty) : loss, pass.states];
  };
  const [[, next], gradient] = valueAndGrad(lossOf)(params);
  return { gradient, next };
}

/** The states of the estimators after some steps with the parameters held; none are taken where they keep nothing. */
function settled<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  train: Split,
  { backend, size, seed }: { readonly backend: Backend; readonly size: number; readonly seed: number },
): readonly EstimatorStateArrays[] {
  const { states } = model.init(seed);
  if (leaves(states as Tree<NdArray>).length === 0) return states;
  const step = compile(
    (held: States<Tensor>, p: Params<Tensor>, at: Tensor, ...given: readonly Tensor[]) => ({
      next: gradientOf(model, p, held, { at, seed, given }).next,
    }),
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  let held: readonly EstimatorStateArrays[] = states;
  for (let i = 0; i < WARM; i++)
    held = step(held, onBackend, scalar(2 * GROUPS + i), ...fed(model, batchAt(train, i, size))).next;
  return held;
}

const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);

/** Batch i of a split, which begins again where it ends. */
function batchAt({ fields, size: all }: Split, i: number, size: number) {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { data, shape, dtype }]) => {
      const [width, rows] = [data.length / all, NdArray.zeros([size, ...shape.slice(1)], dtype)];
      for (let row = 0; row < size; row++) {
        const from = (i * size + row) % all;
        rows.data.set(data.subarray(from * width, (from + 1) * width), row * width);
      }
      return [name, rows];
    }),
  );
}

type Layer = { readonly [name: string]: Tensor };

const sumOf = (a: Params<Tensor>, b: Params<Tensor>): Params<Tensor> => zipTrees(a, b, (x, y) => add(x, y));

/** ⟨a, b⟩ over all of a layer's arrays, []. */
const dot = (a: Layer, b: Layer): Tensor =>
  Object.entries(a)
    .map(([name, x]) => sum(mul(x, b[name]!)))
    .reduce((x, y) => add(x, y));

/** ‖a − b‖², []. */
const distance = (a: Layer, b: Layer): Tensor =>
  Object.entries(a)
    .map(([name, x]) => {
      const apart = sub(x, b[name]!);
      return sum(mul(apart, apart));
    })
    .reduce((x, y) => add(x, y));
