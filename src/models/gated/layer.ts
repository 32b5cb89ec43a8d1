import { UserError } from "../../errors.ts";
import { type Estimator, readsClosedGates } from "../../estimators/estimator.ts";
import { pathwise } from "../../estimators/units/pathwise.ts";
import type { SparsityState } from "../../gating/sparsity/index.ts";
import {
  add,
  cast,
  customGradient,
  greater,
  maximum,
  mean,
  mul,
  NdArray,
  type Shape,
  stopGradient,
  sub,
  type Tensor,
} from "../../graph/index.ts";
import { activationFor } from "../../layers/activations.ts";
import { type GatedBlocksParams, gatedBlocks, gatedBlocksInit, gatedBlocksShapes } from "../../layers/gated-blocks.ts";
import { type Gater, gaterFor } from "../../layers/gaters/index.ts";
import { type Key, tile } from "../../random/index.ts";
import type { FittedThreshold, LayerParams, LayerSummary, Params, Readout } from "../model.ts";
import type { ResolvedGated } from "./config.ts";
import { learnsFromOpen } from "./learns-from-open.ts";
import { checkControls, likeliest, lowestSent, rateOf, sendsBits } from "./units.ts";

/** Blocks of units behind gates, with the gater that works out the gates: a stage of a network, which takes several rows of its parameters. */
export interface GatedLayer {
  readonly kind: "gated";
  readonly estimator: Estimator;
  /** The same where controls have moved its choice. */
  estimatorIn(params: Params<Tensor>): Estimator;
  readonly blocks: number;
  readonly output: number;
  /** Whether controls add noise to the scores. */
  readonly noisy: boolean;
  /** Its place among the model's layers: the gater's first row, and that of the blocks, which is its last. */
  readonly first: number;
  readonly last: number;
  readonly summaries: readonly LayerSummary[];
  readonly threshold: FittedThreshold | undefined;
  init(key: Key): { params: LayerParams<NdArray>[]; states: { readonly [name: string]: NdArray }[] };
  /**
   * What decides over the gates: the gater's scores, the bias that controls move (where the units don't take it as a bias of their choice
   * alone), and the controls' noise, or its mean without a key.
   * x [B, in] → [B, K]
   */
  scores(params: Params<Tensor>, x: Tensor, noise: Key | undefined): Tensor;
  /** What the gates let through, from x [B, in] and gates [R, K], R = B or several copies of the batch. → [R, out] */
  send(params: Params<Tensor>, x: Tensor, gates: Tensor, training: boolean): Tensor;
  /** Gates for a test, from their scores [B, K]. */
  gates(params: Params<Tensor>, a: Tensor, readout: Readout, key: Key): Tensor;
  /** The same by the gater itself, without noise and without scores, where it can: from x [B, in]. */
  readonly decide: ((params: Params<Tensor>, x: Tensor) => Tensor) | undefined;
  /** P(gate ≠ 0) where the unit says it, the readout where it is always something. a [B, K] → [B, K] */
  rate(a: Tensor): Tensor;
  /** What the controls add to the loss, and what they move: from the live call's scores and gates. */
  control(
    params: Params<Tensor>,
    states: SparsityState,
    a: Tensor,
    sent: Tensor,
  ): { penalty: Tensor | undefined; states: SparsityState; moved: LayerParams<Tensor> };
}

/** The parameters of the blocks' row: those of gatedBlocks, the bias of what they send, and what is not learned by gradient. */
type BlockRow = GatedBlocksParams<Tensor> & {
  /** [out] */
  readonly offset: Tensor;
  /** [K], where a control moves it. */
  readonly lift?: Tensor;
  /** [], where a share of open gates is to be met. */
  readonly threshold?: Tensor;
};

/** @param first its place among the model's layers; `at` names it in errors and tables, from 1 */
export function gatedLayer(
  config: ResolvedGated,
  sizes: { readonly input: number; readonly output: number },
  first: number,
  number: number,
): GatedLayer {
  const { blocks, width, activation, estimator, controls, open, gaterRate, gain } = config;
  const { input, output } = sizes;
  const { unit } = estimator;
  checkControls(controls, estimator, blocks, `gated-mlp: gated[${number - 1}].sparsity`);
  const gater = gaterFor(config.gater, {
    input,
    blocks,
    learnsFromOpen: learnsFromOpen(estimator, controls, blocks),
  });
  const last = first + gater.layers.length;
  const binary = sendsBits(estimator, blocks);
  const rate = rateOf(estimator);
  const chooses = unit.classes !== undefined || estimator.card.family === "selection";
  if (chooses && config.config.open !== undefined)
    throw new UserError(
      `gated-mlp: gated[${number - 1}].open: ${estimator.card.name} says by itself how many gates open, received ${config.config.open}`,
    );
  if (unit.classes !== undefined && gater.classes !== undefined && unit.classes !== gater.classes)
    throw new UserError(
      `gated-mlp: gated[${number - 1}].gate: one-hot gates need the classes of the ${gater.card.name} gater, ${gater.classes}, received ${unit.classes}`,
    );
  const { decision } = gater;
  // A control that moves or disturbs the scores is no part of what the gater decides by itself.
  const decides = unit.classes === gater.classes && !controls.some(({ moveBias, noise }) => moveBias ?? noise);
  const lifted = controls.some(({ moveBias }) => moveBias);
  const fitted = !chooses && (open !== undefined || binary);
  const firstSent = fitted && !binary ? lowestSent(unit.readout) : Number.NEGATIVE_INFINITY;
  const activate = activationFor(activation);
  const closed = readsClosedGates(estimator) ? "evaluate" : "skip";
  const rowOf = (params: Params<Tensor>): BlockRow => params[last] as BlockRow;
  const slowed = gaterRate === 1 ? (p: Tensor) => p : (p: Tensor) => customGradient(p, [p], (g) => [mul(g, gaterRate)]);

  const scores: GatedLayer["scores"] = (params, x, noise) => {
    const own = params.slice(first, last).map((layer) => mapParams(layer, slowed));
    const { lift } = rowOf(params);
    const a = gater.scores(own, x);
    const biased = lift === undefined || unit.biased ? a : add(a, stopGradient(lift));
    return controls.reduce((sum, control, i) => {
      if (!control.noise) return sum;
      return add(sum, noise ? cast(control.noise(noise.fold(i), a.shape), a.dtype) : control.noiseMean!);
    }, biased);
  };

  const estimatorIn: GatedLayer["estimatorIn"] = (params) => {
    const { lift } = rowOf(params);
    return lift && unit.biased ? { ...estimator, ...pathwise(unit.biased(stopGradient(lift))) } : estimator;
  };

  return {
    kind: "gated",
    estimator,
    estimatorIn,
    blocks,
    output,
    noisy: controls.some(({ noise }) => noise),
    first,
    last,
    summaries: summariesOf(config, gater, sizes, number, {
      ...(lifted && { lift: [blocks] }),
      ...(fitted && { threshold: [] }),
    }),
    threshold: fitted
      ? {
          layer: last,
          share: open ?? "rate",
          values: (params, x) => {
            const a = scores(params, x, undefined);
            return { a, rate: mean(rate(a)) };
          },
        }
      : undefined,
    init(key) {
      const row = {
        ...gatedBlocksInit(key.fold(1), { input, blocks, width, output }, 1, gain),
        offset: NdArray.zeros([output]),
        ...(lifted && { lift: NdArray.zeros([blocks]) }),
        ...(fitted && { threshold: NdArray.zeros([]) }),
      };
      const gaterParams = gater.init(key.fold(0));
      const controlled = Object.assign({}, ...controls.map(({ init }) => init?.(blocks) ?? {}));
      const ofGate = estimator.init?.([blocks], key.fold(2)) ?? {};
      return {
        params: [...gaterParams, row],
        states: [...gaterParams.map((_, i) => (i === 0 ? controlled : {})), ofGate],
      };
    },
    scores,
    send(params, x, gates, training) {
      const row = rowOf(params);
      const copies = gates.shape[0]! / x.shape[0]!;
      const y = gatedBlocks({ weight: row.weight, bias: row.bias, out: row.out }, tile(x, copies), gates, {
        activation: activate,
        closed: training ? closed : "skip",
      });
      return add(y, row.offset);
    },
    gates(params, a, readout, key) {
      const units = estimatorIn(params).unit;
      if (readout === "stochastic") return units.sample(a, key);
      if (units.classes !== undefined) return likeliest(units.readout(a), units.classes);
      const { threshold } = rowOf(params);
      if (threshold === undefined) return units.readout(a);
      const isOpen = greater(a, threshold);
      if (binary) return isOpen;
      const reach = Number.isFinite(firstSent) ? add(a, maximum(sub(firstSent, threshold), 0)) : a;
      return mul(units.readout(reach), isOpen);
    },
    decide: decision && decides ? (params, x) => decision.gates(params.slice(first, last), x) : undefined,
    rate,
    control(params, states, a, sent) {
      const gates = { rate: rate(a), sent };
      const penalties = controls.flatMap(({ penalty }) => penalty?.(gates, states) ?? []);
      const { lift } = rowOf(params);
      return {
        penalty: penalties.length === 0 ? undefined : penalties.reduce((x, y) => add(x, y)),
        states: Object.assign({}, ...controls.map(({ next }) => next?.(gates, states) ?? {})),
        moved: lift
          ? { lift: controls.reduce((bias, { moveBias }) => moveBias?.(bias, gates, states) ?? bias, lift) }
          : {},
      };
    },
  };
}

const mapParams = (layer: LayerParams<Tensor>, f: (p: Tensor) => Tensor): LayerParams<Tensor> =>
  Object.fromEntries(Object.entries(layer).map(([name, p]) => [name, f(p)]));

/** The rows of a model's table: the gater's layers, and the blocks. */
function summariesOf(
  { blocks, width, activation, estimator, open }: ResolvedGated,
  gater: Gater,
  { input, output }: { readonly input: number; readonly output: number },
  number: number,
  fittedShapes: { readonly [name: string]: Shape },
): LayerSummary[] {
  const shapes = gatedBlocksShapes(input, blocks, width, output);
  const incoming: Readonly<Record<string, readonly number[]>> = { weight: [2], bias: [], out: [0, 1] };
  return [
    ...gater.layers.map((layer, i) => ({
      name: gater.layers.length === 1 ? `gater${number}` : `gater${number}.${i + 1}`,
      kind: layer.kind,
      input: [layer.input],
      output: [layer.output],
      parameters: layer.parameters,
      multiplyAdds: layer.multiplyAdds,
      activation: layer.activation,
    })),
    {
      name: `blocks${number}`,
      kind: `${blocks} gated blocks of ${width} + ${estimator.card.name}`,
      input: [input],
      output: [output],
      parameters: [
        ...shapes.map((shape) => ({ ...shape, ...(incoming[shape.name] && { incoming: incoming[shape.name]! }) })),
        { name: "offset", shape: [output] },
        ...Object.entries(fittedShapes).map(([name, shape]) => ({ name, shape })),
      ],
      multiplyAdds: blocks * width * (input + output),
      activation,
      estimator,
      gates: { blocks, width, closedInTraining: readsClosedGates(estimator) ? "evaluate" : "skip", open },
    },
  ];
}
