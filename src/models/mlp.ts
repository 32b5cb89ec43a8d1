import { continuation } from "../estimators/continuation.ts";
import type { Downstream, Estimator, EstimatorState, Mode } from "../estimators/estimator.ts";
import {
  broadcastTo,
  constant,
  crossEntropy,
  mean,
  reshape,
  type Shape,
  sizeOf,
  slice,
  type Tensor,
} from "../graph/index.ts";
import { type DenseParams, dense, denseInit, denseShapes } from "../layers/dense.ts";
import { type Key, key as keyOf, sharedKey, tile } from "../random/index.ts";
import { checkKeys, checkNumber } from "../rules.ts";
import { checkedHidden, checkedInput, type Hidden, hiddenSummary } from "./hidden.ts";
import type { LayerSummary, Model, Params } from "./model.ts";
import { checkLayers, checkRoom } from "./size.ts";

/** What a multilayer perceptron is made from. */
export interface MlpOptions {
  /** Shape of one example without the batch axis, or the number of its values. */
  readonly input: number | Shape;
  readonly hidden: readonly Hidden[];
  readonly classes: number;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged; 1 when left out. */
  readonly trainingSamples?: number | undefined;
}

interface Layer {
  readonly input: number;
  readonly output: number;
  readonly gain: number;
  /** Left out in the last layer, whose output are the class scores. */
  readonly estimator?: Estimator;
}

/**
 * A multilayer perceptron whose hidden units decide: each hidden layer is an affine map and an estimator, the last is an
 * affine map into class scores, trained by cross-entropy.
 *
 *     a = h W + b,  h' = what the estimator's unit sends,  …,  P(class) = softmax(h W + b)
 *
 * The estimators run nested: a layer's `downstream` is the rest of the network with the later layers' own estimators in it.
 * A detached call samples the later units and carries no gradient, so that L layers of two-pass estimators cost L + 1 passes;
 * it uses the later layers' noise of the live call, so that what differs between two calls is due to their inputs alone.
 *
 * Throws UserError for a size that isn't a whole number of at least 1, an estimator that doesn't exist, or weights too large for an
 * array; and so does its `init` for more parameters than there is memory.
 */
export function mlp(options: MlpOptions): Model {
  const { inputShape, layers, config, samples } = layersOf(options);
  const summaries = layers.map(summaryOf);
  checkLayers("mlp", summaries);
  const hidden = layers.slice(0, -1) as (Layer & { estimator: Estimator })[];
  const features = layers[0]!.input;
  const flat = (x: Tensor): Tensor => (x.rank === 2 ? x : reshape(x, [x.shape[0]!, features]));
  const paramsOf = (params: Parameters<Model["logits"]>[0], layer: number): DenseParams<Tensor> =>
    params[layer] as DenseParams<Tensor>;

  const forward: Model["hidden"] = (params, x, readout, key) => {
    let h = flat(x);
    return hidden.map(({ estimator: { unit } }, i) => {
      const a = dense(paramsOf(params, i), h);
      h = readout === "stochastic" ? unit.sample(a, key.fold(i)) : unit.readout(a);
      const rate = unit.rate ? mean(unit.rate(a), 0) : broadcastTo(constant(1, a.dtype), [a.shape[1]!]);
      return { output: h, rate };
    });
  };

  const logits: Model["logits"] = (params, x, readout, key) =>
    dense(paramsOf(params, hidden.length), forward(params, x, readout, key).at(-1)?.output ?? flat(x));

  /** One pass over the network: the later layers' estimators inside the continuations of the earlier ones'. */
  const pass = (params: Params<Tensor>, labels: Tensor, key: Key, states: readonly EstimatorState[]) => {
    const batch = labels.shape[0]!;
    const ends: Tensor[] = [];
    const next: (EstimatorState | undefined)[] = layers.map(() => undefined);
    const rest = (h: Tensor, i: number, mode: Mode): Tensor => {
      // The first layer's pre-activations are the same for all samples of an example.
      const own = dense(paramsOf(params, i), h);
      const a = i === 0 ? tile(own, batch / own.shape[0]!) : own;
      const estimator = layers[i]!.estimator;
      if (!estimator) {
        if (mode === "live") ends.push(a);
        return crossEntropy(a, tile(labels, a.shape[0]! / batch));
      }
      const noise = sharedKey(key.fold(i), batch);
      if (mode === "detached") return rest(estimator.unit.sample(a, noise), i + 1, mode);
      if (mode === "mean") return rest(estimator.unit.readout(a), i + 1, mode);
      const { loss, state } = estimator.estimate(a, noise, after(i, mode), states[i] ?? {});
      if (mode === "live") next[i] ??= state;
      return loss;
    };
    /** What follows layer i's units; `within` is the mode of the call that the layer itself is part of. */
    const after = (i: number, within: Mode = "live"): Downstream =>
      continuation((sent, mode) => rest(sent, i + 1, mode), within);
    return { rest, after, ends, next };
  };

  return {
    name: "mlp",
    config,
    inputShape,
    classes: options.classes,
    layers: summaries,
    init(seed) {
      checkRoom("mlp", summaries);
      const root = keyOf(seed);
      return {
        params: layers.map(({ input, output, gain }, i) => denseInit(root.fold(i), input, output, gain)),
        states: layers.map(({ output, estimator }, i) => estimator?.init?.([output], root.fold(i).fold(0)) ?? {}),
      };
    },
    train(params, x, labels, key, states) {
      const { rest, ends, next } = pass(params, tile(labels, samples), key, states);
      const losses = rest(flat(x), 0, "live");
      const loss = samples === 1 ? losses : mean(reshape(losses, [samples, labels.shape[0]!]), 0);
      // An estimator that enumerates has no primary sample: its scores are then those of a sample of their own.
      const enumerates = hidden.some(({ estimator }) => estimator.card.family === "exact");
      const scores = enumerates ? logits(params, x, "stochastic", key) : slice(ends[0]!, 0, x.shape[0]);
      return { loss, logits: scores, states: next.map((state) => state ?? {}) };
    },
    cut(params, x, labels, layer, key, states) {
      checkNumber("mlp: the layer to cut at", layer, { whole: true, atLeast: 0, below: hidden.length });
      const before = layer === 0 ? flat(x) : forward(params, x, "stochastic", key)[layer - 1]!.output;
      const { after } = pass(params, labels, key, states);
      return { a: dense(paramsOf(params, layer), before), downstream: after(layer) };
    },
    logits,
    hidden: forward,
  };
}

function layersOf({ input, hidden, classes, trainingSamples: samples = 1, ...unknown }: MlpOptions) {
  checkKeys("mlp", unknown, ["input", "hidden", "classes", "trainingSamples"]);
  checkNumber("mlp: trainingSamples", samples, { whole: true, atLeast: 1 });
  const inputShape = checkedInput(input, "mlp");
  checkNumber("mlp: classes", classes, { whole: true, atLeast: 2 });
  const configs = checkedHidden(hidden, "mlp: hidden");
  const widths = [sizeOf(inputShape), ...configs.map(({ units }) => units)];
  const layers: Layer[] = [
    ...configs.map(({ units, gain, made }, i) => ({ input: widths[i]!, output: units, gain, estimator: made })),
    { input: widths.at(-1)!, output: classes, gain: 1 },
  ];
  const made = { name: "mlp", input: inputShape, hidden: configs.map(({ made: _, ...rest }) => rest), classes };
  const config = samples === 1 ? made : { ...made, trainingSamples: samples };
  return { inputShape, layers, config, samples };
}

const summaryOf = ({ input, output, estimator }: Layer, i: number): LayerSummary =>
  estimator
    ? hiddenSummary(input, output, estimator, `hidden${i + 1}`)
    : {
        name: "output",
        kind: "dense",
        input: [input],
        output: [output],
        parameters: denseShapes(input, output),
        multiplyAdds: input * output,
        activation: "softmax",
      };
