import { UserError } from "../errors.ts";
import type { Downstream, Estimator, EstimatorState } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor, resolveEstimator } from "../estimators/index.ts";
import {
  broadcastTo,
  constant,
  crossEntropy,
  mean,
  reshape,
  type Shape,
  stopGradient,
  type Tensor,
} from "../graph/index.ts";
import { type DenseParams, dense, denseInit, denseShapes } from "../layers/dense.ts";
import { key as keyOf } from "../random/index.ts";
import { checkKeys, checkNumber, show } from "../rules.ts";
import type { LayerSummary, Model } from "./model.ts";

/** A hidden layer: an affine map into units that an estimator trains through. */
export interface HiddenConfig {
  readonly units: number;
  readonly estimator: EstimatorConfig;
  /** Factor on the range of the first weights; 1 when left out. */
  readonly gain?: number | undefined;
}

/** The same, with an estimator of the user's own where that is wanted. */
export interface Hidden extends Omit<HiddenConfig, "estimator"> {
  readonly estimator: EstimatorConfig | Estimator;
}

/** What a multilayer perceptron is made from. */
export interface MlpOptions {
  /** Shape of one example without the batch axis, or the number of its values. */
  readonly input: number | Shape;
  readonly hidden: readonly Hidden[];
  readonly classes: number;
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
 * Throws UserError for a size that isn't a whole number of at least 1, or an estimator that doesn't exist.
 */
export function mlp(options: MlpOptions): Model {
  const { inputShape, layers, config } = layersOf(options);
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

  return {
    name: "mlp",
    config,
    inputShape,
    classes: options.classes,
    layers: layers.map(summaryOf),
    init(seed) {
      const root = keyOf(seed);
      return {
        params: layers.map(({ input, output, gain }, i) => denseInit(root.fold(i), input, output, gain)),
        states: layers.map(({ output, estimator }) => estimator?.init?.([output]) ?? {}),
      };
    },
    train(params, x, labels, key, states) {
      const ends: Tensor[] = [];
      const next: (EstimatorState | undefined)[] = layers.map(() => undefined);
      const rest = (h: Tensor, i: number, live: boolean): Tensor => {
        const a = dense(paramsOf(params, i), h);
        const estimator = layers[i]!.estimator;
        if (!estimator) {
          if (live) ends.push(a);
          return crossEntropy(a, labels);
        }
        const noise = key.fold(i);
        if (!live) return rest(estimator.unit.sample(a, noise), i + 1, false);
        const downstream: Downstream = (sent, mode = "live") =>
          mode === "live" ? rest(sent, i + 1, true) : stopGradient(rest(stopGradient(sent), i + 1, false));
        const { loss, state } = estimator.estimate(a, noise, downstream, states[i] ?? {});
        next[i] ??= state;
        return loss;
      };
      const loss = rest(flat(x), 0, true);
      // An estimator that enumerates has no primary sample: its scores are then those of a sample of their own.
      const scores = ends.length === 1 ? ends[0]! : logits(params, x, "stochastic", key);
      return { loss, logits: scores, states: next.map((state) => state ?? {}) };
    },
    logits,
    hidden: forward,
  };
}

function layersOf({ input, hidden, classes, ...unknown }: MlpOptions) {
  checkKeys("mlp", unknown, ["input", "hidden", "classes"]);
  const inputShape: Shape = typeof input === "number" ? [input] : input;
  if (!Array.isArray(inputShape) || inputShape.length === 0)
    throw new UserError(`mlp: input must be a number of values or a shape, received ${show(input)}`);
  for (const length of inputShape) checkNumber("mlp: input", length, { whole: true, atLeast: 1 });
  checkNumber("mlp: classes", classes, { whole: true, atLeast: 2 });
  if (!Array.isArray(hidden)) throw new UserError(`mlp: hidden must be a list of layers, received ${show(hidden)}`);
  const configs = hidden.map(({ units, estimator, gain = 1, ...others }: Hidden, i) => {
    const at = `mlp: hidden[${i}]`;
    checkKeys(at, others, ["units", "estimator", "gain"]);
    checkNumber(`${at}.units`, units, { whole: true, atLeast: 1 });
    checkNumber(`${at}.gain`, gain, { above: 0 });
    const made = estimatorFor(estimator, `${at}.estimator`);
    const own = made === estimator;
    return {
      units,
      gain,
      made,
      estimator: own ? { name: made.card.name } : resolveEstimator(estimator as EstimatorConfig),
    };
  });
  const widths = [inputShape.reduce((product, length) => product * length, 1), ...configs.map(({ units }) => units)];
  const layers: Layer[] = [
    ...configs.map(({ units, gain, made }, i) => ({ input: widths[i]!, output: units, gain, estimator: made })),
    { input: widths.at(-1)!, output: classes, gain: 1 },
  ];
  const config = { name: "mlp", input: inputShape, hidden: configs.map(({ made: _, ...rest }) => rest), classes };
  return { inputShape, layers, config };
}

const summaryOf = ({ input, output, estimator }: Layer, i: number): LayerSummary => ({
  name: estimator ? `hidden${i + 1}` : "output",
  kind: estimator ? `dense + ${estimator.card.name}` : "dense",
  input: [input],
  output: [output],
  parameters: denseShapes(input, output),
  multiplyAdds: input * output,
  activation: estimator?.card.name ?? "softmax",
  ...(estimator && { estimator }),
});
