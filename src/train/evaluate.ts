import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import type { Resident } from "../compile/resident.ts";
import { checkSplit } from "../data/check.ts";
import type { Split } from "../data/dataset.ts";
import type { StopSignal } from "../errors.ts";
import { arange, expandDims, less, mul, NdArray, notEqual, sizeOf, sum, type Tensor } from "../graph/index.ts";
import { classificationLoss } from "../losses/classification.ts";
import type { Model, Params, Readout } from "../models/model.ts";
import { key } from "../random/index.ts";
import type { GatesScore, Score, Scores } from "./events.ts";
import { pacer, pause } from "./pause.ts";
import { EVALUATION_NOISE } from "./step.ts";

/** Most examples in one call; the last batch is filled up, and what fills it isn't counted. */
const BATCH = 500;

export interface EvaluateOptions {
  readonly seed: number;
  /** Noise samples of the stochastic readout. */
  readonly samples: number;
  readonly signal?: StopSignal | undefined;
}

/** Scores parameters on whole splits, each example once (a sample), sums in double precision. */
export interface Evaluator {
  /** Both readouts; they are one where no unit draws anything. */
  scores(params: Resident<Params<Tensor>>, split: Split): Promise<Scores>;
  score(params: Resident<Params<Tensor>>, split: Split, readout: Readout): Promise<Score>;
}

/**
 * An evaluator, compiled once for each readout. The stochastic readout's score is the mean of those of `samples` passes, each
 * with one draw of the units an example; its noise is a function of the seed, the sample and the example's place, so that two
 * sets of parameters meet the same noise. A score that isn't finite counts as wrong, and makes the NLL NaN. Rejects with the signal's
 * reason when it is aborted, with UserError for a split that isn't as it must be.
 */
export function evaluator(model: Model, backend: Backend, { seed, samples, signal }: EvaluateOptions): Evaluator {
  const gates = model.gates ?? [];
  const program = (readout: Readout) =>
    compile(
      (params: Params<Tensor>, x: Tensor, labels: Tensor, sample: Tensor, place: Tensor, size: Tensor) => {
        const noise = key(seed).fold(EVALUATION_NOISE).fold(sample).fold(place);
        const scores = classificationLoss(model.logits(params, x, readout, noise), labels);
        // What fills up the last batch is not counted.
        const counted = expandDims(less(arange(x.shape[0]!), size), 1);
        const layers = gates.length === 0 ? [] : model.hidden(params, x, readout, noise);
        // [K] for each layer of gates: examples for which it was open.
        return { ...scores, open: gates.map((i) => sum(mul(notEqual(layers[i]!.output, 0), counted), 0)) };
      },
      { backend },
    );
  const programs = { stochastic: program("stochastic"), deterministic: program("deterministic") };
  const thresholds = model.thresholds?.length ?? 0;
  const drawsNothing = thresholds === 0 && model.layers.every(({ estimator }) => !estimator?.unit.stochastic);
  const due = pacer(50);

  const score: Evaluator["score"] = async (params, split, readout) => {
    checkSplit("evaluate", split, { features: sizeOf(model.inputShape), classes: model.classes });
    const passes = readout === "stochastic" ? samples : 1;
    let [nll, wrong] = [0, 0];
    let open: Float64Array[] = [];
    for (let sample = 0; sample < passes; sample++) {
      for (const { place, size, x, labels } of wholeBatches(split, model)) {
        const result = programs[readout](params, x, labels, scalar(sample), scalar(place), scalar(size));
        open = result.open.map(({ data }, i) => Float64Array.from(data, (count, k) => count + (open[i]?.[k] ?? 0)));
        for (let i = 0; i < size; i++) {
          nll += result.nll.data[i]!;
          wrong += result.wrong.data[i]!;
        }
        if (due()) await pause();
        signal?.throwIfAborted();
      }
    }
    const total = passes * split.size;
    return {
      nll: nll / total,
      error: (100 * wrong) / total,
      ...(gates.length > 0 && { gates: open.map((counts) => gatesScore(counts, total)) }),
    };
  };

  return {
    score,
    async scores(params, split) {
      const deterministic = await score(params, split, "deterministic");
      return { stochastic: drawsNothing ? deterministic : await score(params, split, "stochastic"), deterministic };
    },
  };
}

/** @param counts for each gate, the examples for which it was open */
const gatesScore = (counts: Float64Array, examples: number): GatesScore => ({
  open: counts.reduce((sum, count) => sum + count, 0) / (counts.length * examples),
  dead: counts.reduce((dead, count) => dead + Number(count === 0), 0),
});

const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);

/** The examples in order, in batches of one size: views of the split, but for the last one if it has to be filled up. */
function* wholeBatches(split: Split, { inputShape }: Model) {
  const features = split.inputs.length / split.size;
  const length = Math.min(BATCH, split.size);
  for (let from = 0, place = 0; from < split.size; from += length, place++) {
    const size = Math.min(length, split.size - from);
    let inputs = split.inputs.subarray(from * features, (from + size) * features);
    let labels = split.labels.subarray(from, from + size);
    if (size < length) {
      const [whole, wholeLabels] = [new Float32Array(length * features), new Int32Array(length)];
      whole.set(inputs);
      wholeLabels.set(labels);
      [inputs, labels] = [whole, wholeLabels];
    }
    yield { place, size, x: new NdArray(inputs, [length, ...inputShape]), labels: new NdArray(labels, [length]) };
  }
}
