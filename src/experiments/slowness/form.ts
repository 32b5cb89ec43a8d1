/** The measured form of the gradient noise of binary units: mean, variance, covariance, depth, normality. */
import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { broadcastTo, gradients, NdArray, sum, type Tensor } from "../../graph/index.ts";
import { type AffineParams, affine } from "../../layers/affine.ts";
import type { Model, Params } from "../../models/model.ts";
import { key, philoxWords, tile } from "../../random/index.ts";
import { normalDraws } from "../../statistics/normal.ts";
import { jarqueBera, shapeOf } from "../../statistics/normality.ts";
import { leastSquares } from "../../statistics/regression.ts";
import { highMedian, mean } from "../../statistics/sample.ts";
import { pause } from "../../train/pause.ts";

/** A batch and how often its gradient is taken, each time with other noise. */
export interface FormOptions {
  readonly backend: Backend;
  /** [M, features] */
  readonly inputs: Float32Array;
  /** [M] */
  readonly labels: Int32Array;
  /** R, a multiple of 20. */
  readonly repeats: number;
  /** The level of the tests of normality. */
  readonly level: number;
  readonly signal?: AbortSignal | undefined;
}

/** What noise does to the gradient of one hidden layer's pre-activations. */
export interface LayerNoise {
  /** Σ_units Var ĝ / Σ_units (E ĝ)², medians over the examples: noise to signal of one example. */
  readonly perExample: number;
  /** The same of the batch's mean, for the layer's biases. */
  readonly perBatch: number;
  /** The variance of the batch's mean that the units' noise makes, divided by that which the choice of the examples makes. */
  readonly againstExamples: number;
  /** (tr Σ)² / tr Σ² of an example's covariance Σ over units, mean over examples: how many directions the noise has. */
  readonly directions: number;
  /** Root mean square of the correlations between two units' noise. */
  readonly correlation: number;
  /** Share of (example, unit) pairs whose ĝ is not normal, by the test at its level. */
  readonly notNormal: { readonly single: number; readonly batch: number; readonly control: number };
  /** Medians over pairs, and over units for the batch's mean. */
  readonly excess: { readonly single: number; readonly batch: number };
}

export interface Form {
  readonly layers: readonly LayerNoise[];
  /** Of the first hidden layer: log Var ĝ against log p(1 − p). */
  readonly spread: { readonly slope: number; readonly r2: number };
  /** Of the first-order theory, where there is one hidden layer: log measured against log predicted variance. */
  readonly theory?: { readonly slope: number; readonly r2: number; readonly ratio: number };
  /** Some pairs (p(1 − p), Var ĝ) and standardized values of one example's and of the batch's gradient, for pictures. */
  readonly shown: {
    readonly spread: readonly (readonly [number, number])[];
    readonly single: readonly number[];
    readonly batch: readonly number[];
  };
}

const COPIES = 20;
/** Examples whose whole covariance over units is looked at. */
const WHOLE = 12;
const SHOWN = 300;
const FORM_NOISE = 0x464f52;

/** Gradients ĝ of each repeat, example and unit of one layer. */
interface Gradients {
  readonly repeats: number;
  readonly examples: number;
  readonly units: number;
  /** [R, M, H] */
  readonly data: Float32Array;
}

/**
 * ∂L/∂a for every example alone, `repeats` times with independent noise, of each hidden layer. The biases are given a row for each
 * example: the gradient with respect to them is the one wanted.
 */
export async function repeatedGradients(
  model: Model,
  params: Params<NdArray>,
  { backend, inputs, labels, repeats, signal }: FormOptions,
): Promise<Gradients[]> {
  const examples = labels.length;
  const widths = model.layers.slice(0, -1).map(({ output }) => output[0]!);
  const rows = COPIES * examples;
  const program = compile(
    (weights: Params<Tensor>, x: Tensor, y: Tensor, round: Tensor) => {
      const own = weights.map((layer, l) =>
        l < widths.length ? { ...layer, bias: broadcastTo(layer.bias!, [rows, widths[l]!]) } : layer,
      );
      const noise = key(0).fold(FORM_NOISE).fold(round);
      const { loss } = model.train(
        own,
        { x: tile(x, COPIES), label: tile(y, COPIES) },
        noise,
        weights.map(() => ({})),
      );
      return gradients(
        sum(loss),
        own.slice(0, -1).map(({ bias }) => bias!),
      );
    },
    { backend },
  );
  const on = resident<Params<Tensor>>(params, { backend });
  const x = resident<Tensor>(new NdArray(inputs, [examples, ...model.inputShape]), { backend });
  const y = resident<Tensor>(new NdArray(labels, [examples]), { backend });
  const all = widths.map((units) => ({ repeats, examples, units, data: new Float32Array(repeats * examples * units) }));
  for (let round = 0; round < repeats / COPIES; round++) {
    const found = program(on, x, y, new NdArray(Int32Array.of(round), [])) as readonly NdArray[];
    found.forEach(({ data }, l) => all[l]!.data.set(data, round * rows * widths[l]!));
    await pause();
    signal?.throwIfAborted();
  }
  return all;
}

/** An outcome that the values contain, so that it can be found among them; what isn't finite is no value. */
const median = (values: readonly number[]): number => highMedian(values.filter(Number.isFinite));

/** The repeats of one example and unit. */
const series = ({ repeats, examples, units, data }: Gradients, example: number, unit: number): Float64Array =>
  Float64Array.from({ length: repeats }, (_, r) => data[(r * examples + example) * units + unit]!);

/** The repeats of the mean over the examples, for each unit. */
function batchMeans({ repeats, examples, units, data }: Gradients): Float64Array[] {
  const means = Array.from({ length: units }, () => new Float64Array(repeats));
  for (let r = 0; r < repeats; r++)
    for (let m = 0; m < examples; m++)
      for (let j = 0; j < units; j++) means[j]![r]! += data[(r * examples + m) * units + j]! / examples;
  return means;
}

/**
 * tr Σ and tr Σ² of the covariance of R observations of H values, without the upward error that R observations of noise have:
 * (tr S² − (tr S)²/n) n²/((n − 1)(n + 2)), n = R − 1, as for normal values. Srivastava 2005, https://doi.org/10.14490/jjss.35.251
 * @param columns H columns of R values
 */
export function traces(columns: readonly Float64Array[]): { one: number; two: number } {
  const repeats = columns[0]!.length;
  const n = repeats - 1;
  const gram = new Float64Array(repeats * repeats);
  for (const column of columns) {
    const mean = column.reduce((t, x) => t + x, 0) / repeats;
    for (let r = 0; r < repeats; r++)
      for (let s = 0; s <= r; s++) gram[r * repeats + s]! += (column[r]! - mean) * (column[s]! - mean);
  }
  let [one, square] = [0, 0];
  for (let r = 0; r < repeats; r++)
    for (let s = 0; s <= r; s++) {
      const value = gram[r * repeats + s]! / n;
      if (r === s) one += value;
      square += (r === s ? 1 : 2) * value * value;
    }
  return { one, two: ((square - one ** 2 / n) * n * n) / ((n - 1) * (n + 2)) };
}

const standardized = (values: Float64Array): number[] => {
  const { mean, variance } = shapeOf(values);
  return [...values].map((x) => (x - mean) / Math.sqrt(variance)).sort((a, b) => a - b);
};

function layerNoise(all: Gradients, level: number): LayerNoise {
  const { repeats, examples, units } = all;
  const [single, batch]: { variance: number; mean: number; excess: number; rejected: boolean }[][] = [[], []];
  const look = (values: Float64Array) => {
    const { mean, variance, excess } = shapeOf(values);
    return { mean, variance, excess, rejected: variance > 0 && jarqueBera(values).p < level };
  };
  for (let m = 0; m < examples; m++) for (let j = 0; j < units; j++) single!.push(look(series(all, m, j)));
  for (const values of batchMeans(all)) batch!.push(look(values));
  // The mean of R noisy values squared has the variance/R too much.
  const noiseToSignal = (of: readonly { mean: number; variance: number }[]): number => {
    const noise = of.reduce((t, { variance }) => t + variance, 0);
    const signal = of.reduce((t, { mean, variance }) => t + mean ** 2 - variance / repeats, 0);
    return noise / signal;
  };
  const ofUnit = (j: number) => Array.from({ length: examples }, (_, m) => single![m * units + j]!);
  const [byNoise, byExamples] = [0, 1].map((which) =>
    Array.from({ length: units }, (_, j) => {
      const rows = ofUnit(j);
      const noise = mean(rows.map(({ variance }) => variance));
      const between = shapeOf(rows.map(({ mean }) => mean)).variance - noise / repeats;
      return which === 0 ? noise : between;
    }).reduce((t, x) => t + x, 0),
  );
  const whole = Array.from({ length: Math.min(WHOLE, examples) }, (_, m) => {
    const columns = Array.from({ length: units }, (_, j) => series(all, m, j));
    const scaled = columns
      .filter((column) => shapeOf(column).variance > 0)
      .map((column) => {
        const { mean, variance } = shapeOf(column);
        return column.map((x) => (x - mean) / Math.sqrt(variance));
      });
    const { one, two } = traces(columns);
    const n = scaled.length;
    return { directions: one ** 2 / two, square: Math.max(0, traces(scaled).two - n) / (n * (n - 1)) };
  });
  const word = philoxWords([repeats, units], FORM_NOISE);
  const controls = Array.from(
    { length: 1000 },
    () => jarqueBera(Float64Array.from({ length: repeats }, normalDraws(word))).p < level,
  );
  const varied = (of: typeof single) => of!.filter(({ variance }) => variance > 0);
  const share = (of: readonly boolean[]) => of.filter(Boolean).length / of.length;
  return {
    perExample: median(
      Array.from({ length: examples }, (_, m) => noiseToSignal(single!.slice(m * units, (m + 1) * units))),
    ),
    perBatch: noiseToSignal(batch!),
    againstExamples: byNoise! / byExamples!,
    directions: mean(whole.map(({ directions }) => directions)),
    correlation: Math.sqrt(mean(whole.map(({ square }) => square))),
    notNormal: {
      single: share(varied(single).map(({ rejected }) => rejected)),
      batch: share(varied(batch).map(({ rejected }) => rejected)),
      control: share(controls),
    },
    excess: { single: median(varied(single).map((x) => x.excess)), batch: median(varied(batch).map((x) => x.excess)) },
  };
}

/** p of the first hidden layer, [M, H]. */
function firstProbabilities(params: Params<NdArray>, { backend, inputs, labels }: FormOptions): NdArray {
  const program = compile((first: AffineParams<Tensor>, x: Tensor) => affine(first, x).sigmoid(), { backend });
  const features = inputs.length / labels.length;
  return program(params[0] as AffineParams<NdArray>, new NdArray(inputs, [labels.length, features])) as NdArray;
}

/**
 * The variance that a first-order expansion about h = p gives ĝ_j of an example, with one hidden layer: ∂L/∂h ≈ … + J(h − p),
 * J = V (diag π − ππᵀ) Vᵀ, so that Var ĝ_j ≈ [p_j(1 − p_j)]² Σ_k J_jk² p_k(1 − p_k). p [H] → [H]
 */
export function predictedVariance(params: Params<NdArray>, p: ArrayLike<number>): Float64Array {
  const { weight, bias } = params[1] as { weight: NdArray; bias: NdArray };
  const [units, classes] = weight.shape as [number, number];
  const v = (j: number, c: number): number => weight.data[j * classes + c]!;
  const logits = Array.from(bias.data, (b, c) => {
    let total = b;
    for (let j = 0; j < units; j++) total += p[j]! * v(j, c);
    return total;
  });
  const top = Math.max(...logits);
  const exps = logits.map((z) => Math.exp(z - top));
  const total = exps.reduce((t, e) => t + e, 0);
  const pi = exps.map((e) => e / total);
  const centred = Array.from({ length: units }, (_, j) => {
    const mean = pi.reduce((t, q, c) => t + q * v(j, c), 0);
    return Float64Array.from(pi, (q, c) => Math.sqrt(q) * (v(j, c) - mean));
  });
  return Float64Array.from({ length: units }, (_, j) => {
    let variance = 0;
    for (let k = 0; k < units; k++) {
      let curvature = 0;
      for (let c = 0; c < classes; c++) curvature += centred[j]![c]! * centred[k]![c]!;
      variance += curvature ** 2 * p[k]! * (1 - p[k]!);
    }
    return (p[j]! * (1 - p[j]!)) ** 2 * variance;
  });
}

/** Takes the gradient of a batch many times with other noise each time, and says what form the noise has. */
export async function noiseForm(model: Model, params: Params<NdArray>, options: FormOptions): Promise<Form> {
  const all = await repeatedGradients(model, params, options);
  const first = all[0]!;
  const { examples, units } = first;
  const p = firstProbabilities(params, options).data;
  const pairs: { at: readonly [number, number]; pq: number; variance: number; predicted: number }[] = [];
  for (let m = 0; m < examples; m++) {
    const row = p.subarray(m * units, (m + 1) * units) as Float32Array;
    const predicted = all.length === 1 ? predictedVariance(params, row) : undefined;
    for (let j = 0; j < units; j++) {
      const { variance } = shapeOf(series(first, m, j));
      if (variance > 0)
        pairs.push({ at: [m, j], pq: row[j]! * (1 - row[j]!), variance, predicted: predicted?.[j] ?? Number.NaN });
    }
  }
  const logs = (of: (pair: (typeof pairs)[number]) => number) => pairs.map((pair) => Math.log(of(pair)));
  const measured = logs(({ variance }) => variance);
  const { slope, r2 } = leastSquares(
    logs(({ pq }) => pq),
    measured,
  );
  const theory = leastSquares(
    logs(({ predicted }) => predicted),
    measured,
  );
  const every = Math.max(1, Math.floor(pairs.length / SHOWN));
  const middle = median(pairs.map(({ variance }) => variance));
  const [example, unit] = pairs.find(({ variance }) => variance === middle)!.at;
  return {
    layers: all.map((layer) => layerNoise(layer, options.level)),
    spread: { slope, r2 },
    ...(all.length === 1 && {
      theory: {
        slope: theory.slope,
        r2: theory.r2,
        ratio: median(pairs.map(({ variance, predicted }) => variance / predicted)),
      },
    }),
    shown: {
      spread: pairs.filter((_, i) => i % every === 0).map(({ pq, variance }) => [pq, variance] as const),
      single: standardized(series(first, example, unit)),
      batch: standardized(batchMeans(first)[unit]!),
    },
  };
}
