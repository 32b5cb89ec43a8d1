import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { batches, shuffled } from "../../data/batches.ts";
import type { LabelledSplit } from "../../data/dataset.ts";
import { add, leaves, mul, NdArray, square, sub, sum, type Tensor, type Tree } from "../../graph/index.ts";
import type { BinaryAutoencoder } from "../../models/autoencoder.ts";
import type { Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";
import { pacer, pause } from "../../train/pause.ts";
import type { TrainingState } from "../../train/step.ts";
import { encoderOf, estimatedGradient } from "./step.ts";

/** Keep this noise apart from that of training and evaluation. */
const VARIANCE_NOISE = 0x564152;
const ADAPTATION_NOISE = 0x414450;

/** The variance of an estimator's gradient with respect to the encoder's parameters, at one place. */
export interface MeasuredVariance {
  /** Steps that the parameters had been trained for. */
  readonly step: number;
  /** Mean over the parameters, of a batch's mean gradient; over the units' noise alone, averaged over batches. */
  readonly variance: number;
  /** Standard error of that. */
  readonly error: number;
  /** Squared length of the mean gradient over that of one estimate's deviation: how much of a step is signal. */
  readonly signalToNoise: number;
}

/** Parameters and estimators' states, to look at without moving them. */
type Place<T> = Pick<TrainingState<T>, "params" | "estimators">;

/** The order of the examples that variances are measured on: an epoch that training, which counts from 1, doesn't have. */
const MEASURED_EPOCH = 0;

/**
 * Measures an estimator's variance by pairs of estimates g, g′ on one batch with two draws of noise: ½‖g − g′‖² is an unbiased estimate of
 * the total variance, g·g′ one of the mean's squared length. Each pair has a batch of its own.
 */
export function varianceMeter(
  model: BinaryAutoencoder,
  backend: Backend,
  train: LabelledSplit,
  { batch, pairs, seed }: { batch: number; pairs: number; seed: number },
) {
  const pair = compile(
    ({ params, estimators }: Place<Tensor>, x: Tensor, place: Tensor) => {
      const noise = key(seed).fold(VARIANCE_NOISE).fold(place);
      const estimate = (i: number) =>
        leaves(
          encoderOf(model, estimatedGradient(model, params, x, noise.fold(i), estimators).gradient) as Tree<Tensor>,
        );
      const [g, other] = [estimate(0), estimate(1)];
      const total = (f: (a: Tensor, b: Tensor) => Tensor): Tensor =>
        g.map(({ value }, i) => sum(f(value, other[i]!.value))).reduce(add);
      return {
        deviation: mul(
          total((a, b) => square(sub(a, b))),
          0.5,
        ),
        product: total(mul),
      };
    },
    { backend },
  );
  const due = pacer(50);

  return async (at: TrainingState<NdArray>, signal?: AbortSignal): Promise<MeasuredVariance> => {
    const { params, estimators } = at;
    const place = resident<Place<Tensor>>({ params, estimators }, { backend });
    const parameters = leaves(encoderOf(model, params) as Tree<NdArray>).reduce(
      (n, { value }) => n + value.data.length,
      0,
    );
    const deviations: number[] = [];
    let product = 0;
    for (const { index, inputs } of examples(train, batch, pairs, seed)) {
      const x = new NdArray(inputs, [batch, model.pixels]);
      const found = pair(place, x, new NdArray(Int32Array.of(index), [])) as {
        deviation: NdArray;
        product: NdArray;
      };
      deviations.push(found.deviation.item());
      product += found.product.item();
      if (due()) await pause();
      signal?.throwIfAborted();
    }
    const mean = deviations.reduce((total, d) => total + d, 0) / pairs;
    const spread = deviations.reduce((total, d) => total + (d - mean) ** 2, 0) / (pairs - 1);
    return {
      step: at.step.item(),
      variance: mean / parameters,
      error: Math.sqrt(spread / pairs) / parameters,
      signalToNoise: product / pairs / mean,
    };
  };
}

/** `count` batches, going through the training set as often as that takes. */
function* examples(train: LabelledSplit, batch: number, count: number, seed: number) {
  const order = shuffled(train.size, seed, MEASURED_EPOCH);
  for (let done = 0; done < count; )
    for (const next of batches(train, batch, order)) {
      if (done === count) return;
      yield { index: done++, inputs: next.fields.x.data };
    }
}

/** Lets an estimator's state (baselines, learned control variates) settle at parameters that stay where they are. */
export function adaptation(
  model: BinaryAutoencoder,
  backend: Backend,
  train: LabelledSplit,
  batch: number,
  seed: number,
) {
  const adapt = compile(
    ({ params, estimators }: Place<Tensor>, x: Tensor, place: Tensor) => {
      const noise = key(seed).fold(ADAPTATION_NOISE).fold(place);
      return { state: { params, estimators: model.train(params, { x }, noise, estimators).states } };
    },
    { backend },
  );
  return async (at: TrainingState<NdArray>, steps: number, signal?: AbortSignal): Promise<TrainingState<NdArray>> => {
    if (leaves(at.estimators as Tree<NdArray>).length === 0) return at;
    const { params, estimators } = at;
    const place = resident<Place<Tensor>>({ params, estimators }, { backend });
    const due = pacer(50);
    for (const { index, inputs } of examples(train, batch, steps, seed)) {
      const x = new NdArray(inputs, [batch, model.pixels]);
      adapt(place, x, new NdArray(Int32Array.of(index), []));
      if (due()) await pause();
      signal?.throwIfAborted();
    }
    return { ...at, estimators: place.part("estimators").read() };
  };
}

/** Another model's parameters under this estimator's fresh state. */
export const placedAt = (
  params: Params<NdArray>,
  fresh: TrainingState<NdArray>,
  step: number,
): TrainingState<NdArray> => ({ ...fresh, params, step: new NdArray(Int32Array.of(step), []) });
