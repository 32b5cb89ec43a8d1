import { UserError } from "../errors.ts";
import { continuation } from "../estimators/continuation.ts";
import type { Downstream, Estimator, EstimatorState, Mode } from "../estimators/estimator.ts";
import {
  add,
  crossEntropy,
  mean,
  type NdArray,
  notEqual,
  reshape,
  type Shape,
  sizeOf,
  slice,
  stopGradient,
  type Tensor,
} from "../graph/index.ts";
import { checkSize } from "../graph/size.ts";
import { type DenseParams, dense, denseInit } from "../layers/dense.ts";
import { type Key, key as keyOf, layerKey, sharedKey, tile } from "../random/index.ts";
import { checkKeys, checkNumber, show } from "../rules.ts";
import { type Gated, resolveGated } from "./gated/config.ts";
import { type GatedLayer, gatedLayer } from "./gated/layer.ts";
import { checkedHidden, checkedInput, type Hidden, hiddenSummary } from "./hidden.ts";
import type { LayerParams, LayerSummary, Model, Params, Readout } from "./model.ts";
import { checkLayers, checkRoom } from "./size.ts";

/** What a network of gated blocks is made from. */
export interface GatedMlpOptions {
  /** Shape of one example without the batch axis, or the number of its values. */
  readonly input: number | Shape;
  /** Dense layers that come first, whose features gater and blocks share; none when left out. */
  readonly trunk?: readonly Hidden[] | undefined;
  /** Layers of gated blocks, at least one; the last one sends the class scores. */
  readonly gated: readonly Gated[];
  readonly classes: number;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged; 1 when left out. */
  readonly trainingSamples?: number | undefined;
}

/** A dense layer of the trunk. */
interface TrunkLayer {
  readonly kind: "trunk";
  readonly input: number;
  readonly output: number;
  readonly gain: number;
  readonly estimator: Estimator;
  /** Its place among the model's layers: first and last are one. */
  readonly first: number;
  readonly last: number;
}
type Stage = TrunkLayer | GatedLayer;

/**
 * A network whose units are worked out only where a gate of theirs is open: dense layers (a trunk, if any), then layers of gated blocks.
 * A gater reads what a layer reads and says how likely each of its gates is to open; any estimator decides and trains the gater.
 *
 *     a = gater(x),  g = what the gates' estimator sends,  y = Σₖ gₖ · f(x Wₖᵀ + bₖ) Vₖ + c,  P(class) = softmax(y of the last layer)
 *
 * In training closed gates skip their blocks where the estimator doesn't read them, at test always. The deterministic readout opens the gates
 * whose score is above a threshold, fitted on training examples so that a given share is open: gates that send bits are 1 there, others
 * send their unit's readout. One-hot gates open the likeliest class, or that where the gater's own way ends; of gates that compete as many
 * are open as ever.
 *
 * Throws UserError for an option that isn't as it must be.
 */
export function gatedMlp(options: GatedMlpOptions): Model {
  const { inputShape, features, stages, config, samples } = stagesOf(options);
  const summaries = summariesOf(stages);
  checkLayers("gated-mlp", summaries);
  const flat = (x: Tensor): Tensor => (x.rank === 2 ? x : reshape(x, [x.shape[0]!, features]));
  const affine = ({ first }: Stage, params: Params<Tensor>, h: Tensor): Tensor =>
    dense(params[first] as DenseParams<Tensor>, h);
  /** Noise of the controls of a stage: apart from that of its estimator. */
  const controlNoise = (key: Key, i: number): Key => key.fold(stages.length + i);

  /** One stage without gradients: its scores, what its units sent, and what the next stage reads. */
  const advance = (i: number, params: Params<Tensor>, h: Tensor, readout: Readout, key: Key) => {
    const stage = stages[i]!;
    const { unit } = stage.estimator;
    if (stage.kind === "trunk") {
      const a = affine(stage, params, h);
      const units = readout === "stochastic" ? unit.sample(a, key.fold(i)) : unit.readout(a);
      return { a, units, h: units };
    }
    const a = stage.scores(params, h, readout === "stochastic" ? controlNoise(key, i) : undefined);
    const own = readout === "deterministic" ? stage.decide?.(params, h) : undefined;
    const units = own ?? stage.gates(params, a, readout, key.fold(i));
    return { a, units, h: stage.send(params, h, units, false) };
  };
  /** What stage `i` reads. */
  const inputOf = (i: number, params: Params<Tensor>, x: Tensor, readout: Readout, key: Key): Tensor =>
    stages.slice(0, i).reduce((h, _, j) => advance(j, params, h, readout, key).h, flat(x));
  const logits: Model["logits"] = (params, x, readout, key) => inputOf(stages.length, params, x, readout, key);

  /** What a live pass leaves behind, for each stage: the state of its estimator, and its scores. */
  interface Left {
    readonly state: EstimatorState;
    readonly a: Tensor;
  }

  const pass = (params: Params<Tensor>, labels: Tensor, key: Key, states: readonly EstimatorState[]) => {
    const batch = labels.shape[0]!;
    const ends: Tensor[] = [];
    const sent = new Map<Stage, Tensor>();
    const left = new Map<Stage, Left>();
    const end = (a: Tensor, mode: Mode): Tensor => {
      if (mode === "live") ends.push(a);
      return crossEntropy(a, tile(labels, a.shape[0]! / batch));
    };
    /** From a stage's input to the losses. */
    const rest = (h: Tensor, i: number, mode: Mode): Tensor => {
      const stage = stages[i];
      if (!stage) return end(h, mode);
      // The first layer's pre-activations are the same for all samples of an example.
      const copies = i === 0 ? batch / h.shape[0]! : 1;
      const a = scoresOf(stage, i, h, copies);
      const noise = layerKey(key.fold(i), a, batch);
      const estimator = stage.kind === "gated" ? stage.estimatorIn(params) : stage.estimator;
      const { unit } = estimator;
      if (mode === "detached") return behind(stage, i, h, unit.sample(a, noise), mode);
      if (mode === "mean") return behind(stage, i, h, unit.readout(a), mode);
      const found = estimator.estimate(a, noise, after(stage, i, h, mode), states[stage.last] ?? {});
      if (mode === "live" && !left.has(stage)) left.set(stage, { a, state: found.state });
      return found.loss;
    };
    const scoresOf = (stage: Stage, i: number, h: Tensor, copies: number): Tensor => {
      if (stage.kind === "trunk") return tile(affine(stage, params, h), copies);
      const called = { rows: batch, copies: (copies * h.shape[0]!) / batch, units: stage.blocks };
      const noise = sharedKey(controlNoise(key, i), called);
      // With noise in the scores the copies differ from each other, as samples do.
      return stage.noisy ? stage.scores(params, tile(h, copies), noise) : tile(stage.scores(params, h, noise), copies);
    };
    /** From what a stage's units sent to the losses. */
    const behind = (stage: Stage, i: number, h: Tensor, units: Tensor, mode: Mode): Tensor => {
      if (mode === "live" && !sent.has(stage)) sent.set(stage, units);
      return rest(stage.kind === "trunk" ? units : stage.send(params, h, units, true), i + 1, mode);
    };
    const after = (stage: Stage, i: number, h: Tensor, within: Mode): Downstream =>
      continuation((units, mode) => behind(stage, i, h, units, mode), within);
    return { rest, after, scoresOf, ends, left, sent };
  };

  return {
    name: "gated-mlp",
    config,
    inputShape,
    classes: options.classes,
    layers: summaries,
    thresholds: stages.flatMap((stage, i) => {
      if (stage.kind === "trunk" || !stage.threshold) return [];
      const { values, ...rest } = stage.threshold;
      return [{ ...rest, values: (params, x) => values(params, inputOf(i, params, x, "deterministic", keyOf(0))) }];
    }),
    gates: stages.flatMap(({ kind }, i) => (kind === "gated" ? [i] : [])),
    init(seed) {
      checkRoom("gated-mlp", summaries);
      const root = keyOf(seed);
      const params: LayerParams<NdArray>[] = [];
      const states: { readonly [name: string]: NdArray }[] = [];
      stages.forEach((stage, i) => {
        const key = root.fold(i);
        if (stage.kind === "trunk") {
          params.push(denseInit(key, stage.input, stage.output, stage.gain));
          states.push(stage.estimator.init?.([stage.output], key.fold(0)) ?? {});
        } else {
          const made = stage.init(key);
          params.push(...made.params);
          states.push(...made.states);
        }
      });
      return { params, states };
    },
    train(params, x, labels, key, states) {
      const { rest, ends, left, sent } = pass(params, tile(labels, samples), key, states);
      const losses = rest(flat(x), 0, "live");
      const loss = samples === 1 ? losses : mean(reshape(losses, [samples, labels.shape[0]!]), 0);
      const next: EstimatorState[] = states.map(() => ({}));
      const moved: LayerParams<Tensor>[] = params.map(() => ({}));
      const penalties: Tensor[] = [];
      const open: Tensor[] = [];
      for (const stage of stages) {
        const { a, state } = left.get(stage)!;
        next[stage.last] = state;
        if (stage.kind === "trunk") continue;
        const gates = sent.get(stage)!;
        const control = stage.control(params, states[stage.first] ?? {}, a, gates);
        if (control.penalty) penalties.push(control.penalty);
        next[stage.first] = control.states;
        moved[stage.last] = control.moved;
        open.push(mean(notEqual(stopGradient(gates), 0)));
      }
      // An estimator that enumerates has no primary sample: its scores are then those of a sample of their own.
      const enumerates = stages.some(({ estimator }) => estimator.card.family === "exact");
      return {
        loss,
        logits: enumerates ? logits(params, x, "stochastic", key) : slice(ends[0]!, 0, x.shape[0]),
        states: next,
        ...(penalties.length > 0 && { penalty: penalties.reduce((p, q) => add(p, q)) }),
        moved,
        open,
      };
    },
    cut(params, x, labels, layer, key, states) {
      checkNumber("gated-mlp: the layer to cut at", layer, { whole: true, atLeast: 0, below: stages.length });
      const stage = stages[layer]!;
      const { after, scoresOf } = pass(params, labels, key, states);
      const before = inputOf(layer, params, x, "stochastic", key);
      return { a: scoresOf(stage, layer, before, 1), downstream: after(stage, layer, before, "live") };
    },
    logits,
    hidden(params, x, readout, key) {
      let h = flat(x);
      return stages.map((stage, i) => {
        const now = advance(i, params, h, readout, key);
        h = now.h;
        const { rate } = stage.estimator.unit;
        // A gate that the threshold closes is closed, whatever its rate was.
        const thresholded = stage.kind === "gated" && readout === "deterministic";
        const each = rate && !thresholded ? rate(now.a) : notEqual(now.units, 0);
        return { output: now.units, rate: mean(each, 0) };
      });
    },
  };
}

function stagesOf({ input, trunk = [], gated, classes, trainingSamples: samples = 1, ...unknown }: GatedMlpOptions) {
  checkKeys("gated-mlp", unknown, ["input", "trunk", "gated", "classes", "trainingSamples"]);
  checkNumber("gated-mlp: trainingSamples", samples, { whole: true, atLeast: 1 });
  checkNumber("gated-mlp: classes", classes, { whole: true, atLeast: 2 });
  const inputShape = checkedInput(input, "gated-mlp");
  const features = sizeOf(inputShape);
  if (!Array.isArray(gated) || gated.length === 0)
    throw new UserError(`gated-mlp: gated must be a list of at least one layer, received ${show(gated)}`);
  const stages: Stage[] = [];
  let width = features;
  const hidden = checkedHidden(trunk, "gated-mlp: trunk");
  for (const { units, gain, made: estimator } of hidden) {
    const at = stages.length;
    stages.push({ kind: "trunk", input: width, output: units, gain, estimator, first: at, last: at });
    width = units;
  }
  const configs = gated.map((given: Gated, i) => {
    const ends = i === gated.length - 1;
    const resolved = resolveGated(given, `gated-mlp: gated[${i}]`, {
      input: width,
      output: ends ? classes : undefined,
    });
    // Before anything as long as the blocks is made.
    checkSize(`gated-mlp: gated[${i}].blocks: their weights are`, [resolved.blocks, resolved.width, width]);
    const first = (stages.at(-1)?.last ?? -1) + 1;
    stages.push(gatedLayer(resolved, { input: width, output: resolved.output }, first, i + 1));
    width = resolved.output;
    return resolved.config;
  });
  const config = {
    name: "gated-mlp",
    input: inputShape,
    trunk: hidden.map(({ made: _, ...rest }) => rest),
    gated: configs,
    classes,
    ...(samples !== 1 && { trainingSamples: samples }),
  };
  return { inputShape, features, stages, config, samples };
}

const summariesOf = (stages: readonly Stage[]): LayerSummary[] =>
  stages.flatMap((stage, i) => {
    if (stage.kind === "gated") return stage.summaries;
    const { input, output, estimator } = stage;
    return [hiddenSummary(input, output, estimator, `trunk${i + 1}`)];
  });
