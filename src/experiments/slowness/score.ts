import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import type { Resident } from "../../compile/resident.ts";
import { type LabelledSplit, rowsOf } from "../../data/dataset.ts";
import {
  add,
  array,
  constant,
  crossEntropy,
  div,
  exp,
  logSoftmax,
  matmul,
  mul,
  NdArray,
  oneHot,
  reshape,
  softmax,
  softplus,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import { type AffineParams, affine } from "../../layers/affine.ts";
import { wrongClass } from "../../models/heads/classes.ts";
import type { Model, Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";
import { pacer, pause } from "../../train/pause.ts";

/** NLL in nats, errors in per cent, means over examples. */
export interface Score {
  /** As the units output in training: the mean over what they could send (or over samples) of the loss. This is what training minimises. */
  readonly nll: number;
  /** Of the class probabilities' mean over what the units could send. */
  readonly error: number;
  /** With p in the place of every decision. The same as above where nothing is random. */
  readonly readout: { readonly nll: number; readonly error: number };
}

export interface ScoreOptions {
  readonly backend: Backend;
  /** Samples of the units where there are too many patterns to enumerate. */
  readonly samples: number;
  readonly signal?: AbortSignal | undefined;
}

/** At most this many units of one stochastic layer are averaged over exactly. */
const MOST_ENUMERATED = 12;
const BATCH = 500;
const SCORING_NOISE = 0x53434f;

/** What the network says about a batch, over its own noise: NLL of the labels [B], class probabilities [B, C]. */
interface Said {
  readonly nll: Tensor;
  readonly probabilities: Tensor;
}

/**
 * Over all 2^H patterns of the one hidden layer: the scores depend on the pattern alone, so a table of 2^H rows serves all examples.
 */
function enumerated(params: Params<Tensor>, x: Tensor, labels: Tensor): Said {
  const [first, last] = params as readonly AffineParams<Tensor>[];
  const a = affine(first!, reshape(x, [x.shape[0]!, first!.weight.shape[0]!]));
  const units = a.shape[1]!;
  const bits = constant(
    array(
      Float32Array.from({ length: 2 ** units * units }, (_, i) => (Math.floor(i / units) >> (i % units)) & 1),
      { shape: [2 ** units, units] },
    ),
  );
  const probability = transpose(exp(sub(matmul(bits, transpose(a)), sum(softplus(a), 1)))); // [B, 2^H]
  const logits = affine(last!, bits);
  const nll = matmul(probability, mul(logSoftmax(logits), -1));
  return {
    nll: sum(mul(nll, oneHot(labels, nll.shape[1]!)), 1),
    probabilities: matmul(probability, softmax(logits)),
  };
}

/** Over `samples` samples of the units. */
function sampled(
  model: Model,
  params: Params<Tensor>,
  x: Tensor,
  labels: Tensor,
  place: Tensor,
  samples: number,
): Said {
  const noise = key(0).fold(SCORING_NOISE).fold(place);
  const passes = Array.from({ length: samples }, (_, s) => model.output(params, x, "stochastic", noise.fold(s)));
  const meanOf = (values: readonly Tensor[]) =>
    div(
      values.reduce((total, value) => add(total, value)),
      samples,
    );
  return {
    nll: meanOf(passes.map((logits) => crossEntropy(logits, labels))),
    probabilities: meanOf(passes.map((logits) => softmax(logits))),
  };
}

/**
 * Scores parameters on a split's first `limit` examples. One stochastic layer of at most 12 units is averaged over exactly; noise of
 * others is the same for all parameters and networks. Rejects with the signal's reason when it is aborted.
 */
export function scorer(model: Model, { backend, samples, signal }: ScoreOptions) {
  const stochastic = model.layers.some(({ estimator }) => estimator?.unit.stochastic);
  const enumerates = stochastic && model.layers.length === 2 && model.layers[0]!.output[0]! <= MOST_ENUMERATED;
  const count = (logits: Tensor, labels: Tensor) => sum(wrongClass(logits, labels));
  const program = compile(
    (params: Params<Tensor>, x: Tensor, labels: Tensor, place: Tensor) => {
      const logits = model.output(params, x, "deterministic", key(0));
      const readout = { nll: sum(crossEntropy(logits, labels)), wrong: count(logits, labels) };
      if (!stochastic) return { ...readout, readout };
      const said = enumerates ? enumerated(params, x, labels) : sampled(model, params, x, labels, place, samples);
      return { nll: sum(said.nll), wrong: count(said.probabilities, labels), readout };
    },
    { backend },
  );
  const due = pacer(50);
  return async (params: Resident<Params<Tensor>>, split: LabelledSplit, limit = split.size): Promise<Score> => {
    const size = Math.min(limit, split.size);
    const totals = { nll: 0, wrong: 0, readoutNll: 0, readoutWrong: 0 };
    for (let from = 0, place = 0; from < size; from += BATCH, place++) {
      const to = Math.min(size, from + BATCH);
      const result = program(
        params,
        new NdArray(rowsOf(split.fields.x, from, to).data, [to - from, ...model.inputShape]),
        rowsOf(split.fields.label, from, to),
        new NdArray(Int32Array.of(place), []),
      );
      totals.nll += result.nll.data[0]!;
      totals.wrong += result.wrong.data[0]!;
      totals.readoutNll += result.readout.nll.data[0]!;
      totals.readoutWrong += result.readout.wrong.data[0]!;
      if (due()) await pause();
      signal?.throwIfAborted();
    }
    return {
      nll: totals.nll / size,
      error: (100 * totals.wrong) / size,
      readout: { nll: totals.readoutNll / size, error: (100 * totals.readoutWrong) / size },
    };
  };
}
