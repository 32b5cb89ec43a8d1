import { allocate, requireMemory } from "../../formats/memory.ts";
import { NdArray } from "../../graph/index.ts";
import { philoxWords } from "../../random/philox.ts";
import { checkNumber } from "../../rules.ts";
import { numbered } from "../classes.ts";
import type { DataSource, LabelledDataset, LabelledSplit, SplitName } from "../dataset.ts";
import { raster } from "../drawing.ts";
import { unit } from "./generated.ts";

export interface ManifoldOptions {
  /** Classes, a manifold each (default: 10). */
  readonly classes?: number | undefined;
  /** D: dimension of a manifold (default: 1). */
  readonly dimension?: number | undefined;
  /** α: the k-th harmonic of a coordinate has the weight k^−α; more is smoother (default: 2). */
  readonly smoothness?: number | undefined;
  /** M: input neurons, which fire once each (default: 20). */
  readonly channels?: number | undefined;
  /** T: steps of time (default: 100). */
  readonly steps?: number | undefined;
  /** Examples to train on (default: 8,000). */
  readonly examples?: number | undefined;
  /** Examples to validate with (default: 1,000). */
  readonly valid?: number | undefined;
  /** Examples to test with (default: 1,000). */
  readonly test?: number | undefined;
  /** Decides manifolds and points: an integer in 0..2³²-1 (default: 0). */
  readonly seed?: number | undefined;
}

/** Harmonics of less weight than this are cut off, and those beyond the most. */
const LEAST_WEIGHT = 1e-3;
const MOST_HARMONICS = 100;
/** Times are products of as many sums of sines, which come to nothing for more. */
const MOST_DIMENSIONS = 100;
/** Points of a manifold that tell where a coordinate is smallest and largest. */
const REFERENCE = 1024;

/** Keeps the words of these draws apart from those that other draws take from the same key ("RAN" and a number). */
const DOMAINS: Readonly<Record<SplitName | "shape" | "reference", number>> = {
  ...{ shape: 0x52414e30, reference: 0x52414e31 },
  ...{ train: 0x52414e32, valid: 0x52414e33, test: 0x52414e34 },
};

/**
 * Spikes on random smooth manifolds: x [T, M] is 1 where an input neuron fires, once each; the label is the manifold that the times of the
 * spikes lie on. The time of neuron i at the point u of [0, 1)^D is f_i(u) = Π_d Σ_k A k^−α sin 2π(k B u_d + C), scaled to the T steps, with
 * A, B and C uniform in [0, 1) for each class, neuron, dimension and harmonic. Example i has the class i mod classes.
 * Zenke and Vogels, Neural Computation 33(4), 2021. There the scale is that of the examples; here of 1,024 other points, beyond which
 * a spike stays in the first or last step, so that an example doesn't depend on how many there are.
 */
export const manifolds: DataSource<ManifoldOptions, LabelledDataset> = {
  name: "manifolds",
  summary: "spikes whose times lie on random smooth manifolds, a class each",
  options: ["classes", "dimension", "smoothness", "channels", "steps", "examples", "valid", "test", "seed"],
  async load(given) {
    const { classes = 10, dimension = 1, smoothness = 2, channels = 20, steps = 100, seed = 0 } = given;
    const { examples = 8_000, valid = 1_000, test = 1_000 } = given;
    const subject = "data: manifolds";
    const counts = { channels, steps, examples, valid, test };
    for (const [name, value] of Object.entries(counts))
      checkNumber(`${subject}: ${name}`, value, { whole: true, atLeast: 1, below: 2 ** 31 });
    checkNumber(`${subject}: dimension`, dimension, { whole: true, atLeast: 1, atMost: MOST_DIMENSIONS });
    checkNumber(`${subject}: smoothness`, smoothness, { above: 0, atMost: 100 });
    checkNumber(`${subject}: seed`, seed, { whole: true, atLeast: 0, below: 2 ** 32 });
    const names = numbered(subject, classes);
    const numbers = 3 * classes * channels * dimension * harmonicsOf(smoothness);
    const bytes = 4 * steps * channels * (examples + valid + test) + 8 * numbers;
    requireMemory(`${subject}, with ${examples + valid + test} examples of ${steps} steps,`, bytes);
    const all = names.map((_, label) => manifold(label, { dimension, smoothness, channels, seed }));
    const part = (name: SplitName, size: number): LabelledSplit => {
      const x = allocate(subject, 4 * size * steps * channels, () => new Float32Array(size * steps * channels));
      const label = Int32Array.from({ length: size }, (_, i) => i % classes);
      label.forEach((of, i) => {
        const times = all[of]!(point(dimension, seed, DOMAINS[name], i));
        times.forEach((time, channel) => {
          const step = Math.min(steps - 1, Math.max(0, Math.floor(time * steps)));
          x[(i * steps + step) * channels + channel] = 1;
        });
      });
      return { name, size, fields: { x: new NdArray(x, [size, steps, channels]), label: new NdArray(label, [size]) } };
    };
    const train = part("train", examples);
    return {
      name: "manifolds",
      fields: {
        x: { shape: [steps, channels], dtype: "float32", spikes: true },
        label: { shape: [], dtype: "int32", classes: names },
      },
      splitNote: `${examples} examples to train on, ${valid} to validate, ${test} to test: other points of the same ${classes} manifolds of dimension ${dimension}, drawn by seed ${seed}.`,
      baseline: `A guess is wrong in ${(100 * (1 - 1 / classes)).toFixed(1)}% of all cases.`,
      drawing: raster(train.fields.x.data, steps, channels),
      ...{ train, valid: part("valid", valid), test: part("test", test) },
    };
  },
};

/** A point of [0, 1)^D. */
function point(dimension: number, seed: number, domain: number, index: number): number[] {
  const next = philoxWords([seed, 0], domain, [index, 0]);
  return Array.from({ length: dimension }, () => unit(next()));
}

type Shape = Required<Pick<ManifoldOptions, "dimension" | "smoothness" | "channels" | "seed">>;

const harmonicsOf = (smoothness: number): number =>
  Math.min(MOST_HARMONICS, Math.ceil(LEAST_WEIGHT ** (-1 / smoothness) - 1e-9));

/** The times of all neurons, in [0, 1] for almost every point, as a function of the point. */
function manifold(
  label: number,
  shape: { readonly [K in keyof Shape]: number },
): (u: readonly number[]) => Float64Array {
  const { dimension, channels, seed } = shape;
  const harmonics = harmonicsOf(shape.smoothness);
  // Powers differ in the last bit from one engine to the next: float32 has none of these bits.
  const weights = Array.from({ length: harmonics }, (_, k) => Math.fround((k + 1) ** -shape.smoothness));
  const next = philoxWords([seed, 0], DOMAINS.shape, [label, 0]);
  const [A, B, C] = [0, 1, 2].map(() =>
    Float64Array.from({ length: channels * dimension * harmonics }, () => unit(next())),
  );
  const coordinates = (u: readonly number[]): Float64Array =>
    Float64Array.from({ length: channels }, (_, channel) => {
      let product = 1;
      for (let d = 0; d < dimension; d++) {
        let sum = 0;
        for (let k = 0, at = (channel * dimension + d) * harmonics; k < harmonics; k++, at++)
          sum += A![at]! * weights[k]! * sineOfTurns((k + 1) * B![at]! * u[d]! + C![at]!);
        product *= sum;
      }
      return product;
    });
  const low = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < REFERENCE; i++)
    coordinates(point(dimension, seed, DOMAINS.reference, label * REFERENCE + i)).forEach((value, channel) => {
      low[channel] = Math.min(low[channel]!, value);
      high[channel] = Math.max(high[channel]!, value);
    });
  return (u) => coordinates(u).map((value, c) => (high[c]! > low[c]! ? (value - low[c]!) / (high[c]! - low[c]!) : 0));
}

/**
 * sin 2πt, to 1e-12, from additions and multiplications alone: Math.sin may differ in the last bit from one engine to the next, and a spike
 * would then move by a step.
 */
export function sineOfTurns(t: number): number {
  const turn = t - Math.round(t);
  const folded = turn > 0.25 ? 0.5 - turn : turn < -0.25 ? -0.5 - turn : turn;
  const x = 2 * Math.PI * folded;
  let [term, sum] = [x, x];
  for (let n = 1; n <= 9; n++) {
    term *= -(x * x) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}
