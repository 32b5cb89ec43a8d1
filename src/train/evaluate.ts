import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import type { Resident } from "../compile/resident.ts";
import { checkSplit } from "../data/check.ts";
import { mapFields, rowsOf, type Split } from "../data/dataset.ts";
import type { StopSignal } from "../errors.ts";
import { arange, expandDims, less, NdArray, type Tensor } from "../graph/index.ts";
import { batchOf, fed, needsOf } from "../models/feed.ts";
import { metricOf } from "../models/head.ts";
import type { Model, Params, Readout } from "../models/model.ts";
import { key } from "../random/index.ts";
import type { Score, Scores } from "./events.ts";
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
export interface Evaluator<M extends string> {
  /** Both readouts; they are one where no unit draws anything, or where the head scores samples alone. */
  scores(params: Resident<Params<Tensor>>, split: Split): Promise<Scores<M>>;
  score(params: Resident<Params<Tensor>>, split: Split, readout: Readout): Promise<Score<M>>;
}

/**
 * An evaluator, compiled once for each readout. The stochastic readout's score is the mean of those of `samples` passes, each
 * with one draw of the units an example; its noise is a function of the seed, the sample and the example's place, so that two
 * sets of parameters meet the same noise. A class score that isn't finite counts as wrong, and makes the NLL NaN. Rejects with the signal's
 * reason when it is aborted, with UserError for a split that isn't as it must be.
 */
export function evaluator<M extends string>(
  model: Model<M>,
  backend: Backend,
  { seed, samples, signal }: EvaluateOptions,
): Evaluator<M> {
  const programs = { stochastic: program(model, backend, "stochastic", seed), deterministic: program(model, backend, "deterministic", seed) }; // biome-ignore format: a table
  const observed = model.observations;
  const { metrics, readouts } = model.head;
  const drawsNothing = model.thresholds.length === 0 && !model.stochastic;
  const due = pacer(50);

  const score: Evaluator<M>["score"] = async (params, split, readout) => {
    checkSplit("evaluate", split, needsOf(model));
    const passes = readout === "stochastic" ? samples : 1;
    const sums = metrics.map(() => 0);
    let steps = 0;
    const units: Float64Array[] = [];
    for (let sample = 0; sample < passes; sample++) {
      for (const { place, size, arrays } of wholeBatches(split, model)) {
        const result = programs[readout](params, scalar(sample), scalar(place), scalar(size), ...arrays);
        result.observed.forEach(({ data }, i) => {
          units[i] = Float64Array.from(data, (count, k) => count + (units[i]?.[k] ?? 0));
        });
        metrics.forEach(({ name }, i) => {
          const { data } = result.scores[name]!;
          for (let j = 0; j < size; j++) sums[i]! += data[j]!;
        });
        for (const length of result.steps?.data.subarray(0, size) ?? []) steps += length;
        if (due()) await pause();
        signal?.throwIfAborted();
      }
    }
    const total = passes * split.size;
    const reports = observed.map(({ name, summary }, i) => [name, summary(units[i]!, total)] as const);
    return scoreOf<M>(
      metrics.map((metric, i) => [metric.name, metricOf(metric, sums[i]!, metric.per === "step" ? steps : total)]),
      reports,
    );
  };

  return {
    score,
    async scores(params, split) {
      if (readouts && !readouts.includes("deterministic")) {
        const only = await score(params, split, "stochastic");
        return { stochastic: only, deterministic: only };
      }
      const deterministic = await score(params, split, "deterministic");
      const same = drawsNothing || (readouts && !readouts.includes("stochastic"));
      return { stochastic: same ? deterministic : await score(params, split, "stochastic"), deterministic };
    },
  };
}

/** A score from metrics by name, and reports, which are listed under their name. */
export const scoreOf = <M extends string>(
  metrics: readonly (readonly [M, number])[],
  reports: readonly (readonly [string, { readonly [name: string]: number }])[],
): Score<M> => {
  const lists: Record<string, object[]> = {};
  for (const [name, report] of reports) (lists[name] ??= []).push(report);
  return { ...Object.fromEntries(metrics), ...lists } as Score<M>;
};

/** Scores each example of a batch, and counts what the stages report. */
const program = <M extends string>(model: Model<M>, backend: Backend, readout: Readout, seed: number) =>
  compile(
    (params: Params<Tensor>, sample: Tensor, place: Tensor, size: Tensor, ...given: readonly Tensor[]) => {
      const noise = key(seed).fold(EVALUATION_NOISE).fold(sample).fold(place);
      const batch = batchOf(model, given);
      // What fills up the last batch is not counted.
      const counted = expandDims(less(arange(given[0]!.shape[0]!), size), 1);
      const { scores, observed } = model.examine(params, batch, readout, noise);
      return {
        scores: scores as { readonly [metric: string]: Tensor },
        ...(model.head.steps && { steps: model.head.steps(batch) }),
        observed: model.observations.map(({ sums }, i) => sums(observed[i]!, counted)),
      };
    },
    { backend },
  );

const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);

/** An array [size, …] as one of `length` rows: itself, or a copy with zeros after its rows. */
function filledUp(x: NdArray, length: number): NdArray {
  if (x.shape[0] === length) return x;
  const whole = NdArray.zeros([length, ...x.shape.slice(1)], x.dtype);
  whole.data.set(x.data);
  return whole;
}

/** The examples in order, in batches of one size: views of the split, but for the last one if it has to be filled up. */
function* wholeBatches(split: Split, model: Model) {
  const length = Math.min(BATCH, split.size);
  for (let from = 0, place = 0; from < split.size; from += length, place++) {
    const size = Math.min(length, split.size - from);
    const fields = mapFields(split.fields, (field) => filledUp(rowsOf(field, from, from + size), length));
    yield { place, size, arrays: fed(model, fields) };
  }
}
