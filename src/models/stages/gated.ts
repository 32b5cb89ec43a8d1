import { UserError } from "../../errors.ts";
import type { Estimator } from "../../estimators/estimator.ts";
import { pathwise } from "../../estimators/units/pathwise.ts";
import {
  add,
  cast,
  customGradient,
  greater,
  maximum,
  mean,
  mul,
  NdArray,
  notEqual,
  type Shape,
  sizeOf,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { checkSize } from "../../graph/size.ts";
import { activationFor } from "../../layers/activations.ts";
import { type GatedBlocksParams, gatedBlocks, gatedBlocksInit, gatedBlocksShapes } from "../../layers/gated-blocks.ts";
import { type Gater, gaterFor } from "../../layers/gaters/index.ts";
import { type Key, tile } from "../../random/index.ts";
import type { LayerParams, LayerSummary, Params, Readout } from "../model.ts";
import {
  checkLayer,
  closedInTraining,
  type Observation,
  type Stage,
  type StageCard,
  type StagePlace,
  type StageSpec,
} from "../stage.ts";
import { flat } from "./dense.ts";
import { type Gated, type ResolvedGated, resolveGated } from "./gated/config.ts";
import { learnsFromOpen } from "./gated/learns-from-open.ts";
import { checkControls, likeliest, lowestSent, rateOf, sendsBits } from "./gated/units.ts";

/** The parameters of the blocks' row: those of gatedBlocks, the bias of what they output, and what is not learned by gradient. */
type BlockRow = GatedBlocksParams<Tensor> & {
  /** [out] */
  readonly offset: Tensor;
  /** [K], where a control moves it. */
  readonly lift?: Tensor;
  /** [], where a share of open gates is to be met. */
  readonly threshold?: Tensor;
};

/** What pages say about it. */
export const card: StageCard = {
  title: "blocks of units behind gates",
  summary:
    "Blocks are computed only where their gate is open. A gater scores the gates, and an estimator decides and trains it.",
  formula: "y = \\sum_k g_k\\, f(x W_k^\\top + b_k)\\,V_k + c",
  reads: "[B, N]",
  outputs: "[B, H]",
  source:
    "Bengio, Léonard and Courville 2013, Estimating or propagating gradients through stochastic neurons for conditional computation, https://arxiv.org/abs/1308.3432",
};

/**
 * A stage of units that are computed only where a gate of theirs is open. A gater reads what the stage reads and says how likely each gate is to open;
 * any estimator decides and trains the gater.
 *
 *     a = gater(x),  g = what the gates' estimator sends,  y = Σₖ gₖ · f(x Wₖᵀ + bₖ) Vₖ + c
 *
 * In training closed gates skip their blocks where the estimator doesn't read them, at test always. The deterministic readout opens the gates
 * whose score is above a threshold, fitted on training examples so that a given share is open: gates that output bits are 1 there, others
 * output their unit's readout. One-hot gates open the likeliest class, or that where the gater's own way ends; of gates that compete as many
 * are open as ever. Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5.
 *
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const gated = (options: Gated): StageSpec => ({ kind: "gated", build: (at) => build(options, at) });

function build(options: Gated, at: StagePlace): Stage {
  const wanted = at.wanted && sizeOf(at.wanted);
  const { sparsity: _, open: __, ...free } = options;
  const config = resolveGated(
    at.uncontrolled ? free : options,
    at.subject,
    { input: sizeOf(at.input), output: wanted },
    at.estimator,
  );
  const sizes = { input: sizeOf(at.input), output: config.output };
  // Before anything as long as the blocks is made.
  checkSize(`${at.subject}.blocks: their weights are`, [config.blocks, config.width, sizes.input]);
  checkLayer(`${at.subject}.gate`, config.estimator, config.blocks);
  checkControls(config.controls, config.estimator, config.blocks, `${at.subject}.sparsity`);
  const parts = partsOf(config, sizes, at.subject);
  const { gater, lifted, fitted } = parts;
  const { blocks, width, estimator, controls, gain } = config;
  const gates = gatesOf(config, parts);
  return {
    kind: "gated",
    config: { kind: "gated", ...config.config },
    estimator,
    units: blocks,
    output: at.wanted ?? [sizes.output],
    noisy: controls.some(({ noise }) => noise),
    readsInput: true,
    rows: summariesOf(config, gater, sizes, at.number, {
      ...(lifted && { lift: [blocks] }),
      ...(fitted && { threshold: [] }),
    }),
    init(root, place) {
      const key = root.fold(place);
      const row = {
        ...gatedBlocksInit(key.fold(1), { ...sizes, blocks, width }, 1, gain),
        offset: NdArray.zeros([sizes.output]),
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
    estimatorIn: gates.estimatorIn,
    preactivation: (own, x, { noise }) => gates.preactivation(own, x, noise),
    send: gates.send,
    read: gates.read,
    control(own, states, { a, units }) {
      const now = { rate: gates.rate(a), sent: units };
      const penalties = controls.flatMap(({ penalty }) => penalty?.(now, states) ?? []);
      const { lift } = rowOf(own);
      return {
        penalty: penalties.length === 0 ? undefined : penalties.reduce((x, y) => add(x, y)),
        states: Object.assign({}, ...controls.map(({ next }) => next?.(now, states) ?? {})),
        moved: lift
          ? { lift: controls.reduce((bias, { moveBias }) => moveBias?.(bias, now, states) ?? bias, lift) }
          : {},
      };
    },
    fitted: fitted
      ? {
          name: "threshold",
          share: config.open ?? "rate",
          values: (own, x) => {
            const a = gates.preactivation(own, x, undefined);
            return { a, rate: mean(gates.rate(a)) };
          },
        }
      : undefined,
    observation: openGates,
  };
}

/** How a layer's gates stand: the share of them that are open, and how many open for no example. */
const openGates: Observation = {
  name: "gates",
  training: (units) => ({ open: mean(notEqual(stopGradient(units), 0)) }),
  sums: (units, counted) => sum(mul(notEqual(units, 0), counted), 0),
  summary: (sums, examples) => ({
    open: sums.reduce((total, count) => total + count, 0) / (sums.length * examples),
    dead: sums.reduce((dead, count) => dead + Number(count === 0), 0),
  }),
};

/** What follows from a stage's options: its gater, and how its gates are read at test. */
function partsOf(config: ResolvedGated, { input }: { readonly input: number }, subject: string) {
  const { blocks, estimator, controls, open } = config;
  const { unit } = estimator;
  const gater = gaterFor(config.gater, { input, blocks, learnsFromOpen: learnsFromOpen(estimator, controls, blocks) });
  const binary = sendsBits(estimator, blocks);
  const chooses = unit.classes !== undefined || estimator.card.family === "selection";
  if (chooses && config.config.open !== undefined)
    throw new UserError(
      `${subject}.open: ${estimator.card.name} says by itself how many gates open, received ${config.config.open}`,
    );
  if (unit.classes !== undefined && gater.classes !== undefined && unit.classes !== gater.classes)
    throw new UserError(
      `${subject}.gate: one-hot gates need the classes of the ${gater.card.name} gater, ${gater.classes}, received ${unit.classes}`,
    );
  // A control that moves or disturbs the scores is no part of what the gater decides by itself.
  const decides = unit.classes === gater.classes && !controls.some(({ moveBias, noise }) => moveBias ?? noise);
  const lifted = controls.some(({ moveBias }) => moveBias);
  const fitted = !chooses && (open !== undefined || binary);
  const firstSent = fitted && !binary ? lowestSent(unit.readout) : Number.NEGATIVE_INFINITY;
  return { gater, binary, lifted, fitted, firstSent, decision: decides ? gater.decision : undefined };
}

const rowOf = (own: Params<Tensor>): BlockRow => own.at(-1) as BlockRow;

/** The stage's functions of its own parameters, in training and at test. */
function gatesOf(config: ResolvedGated, { gater, binary, firstSent, decision }: ReturnType<typeof partsOf>) {
  const { estimator, controls, gaterRate } = config;
  const { unit } = estimator;
  const activate = activationFor(config.activation);
  const closed = closedInTraining(estimator);
  const slowed = gaterRate === 1 ? (p: Tensor) => p : (p: Tensor) => customGradient(p, [p], (g) => [mul(g, gaterRate)]);
  const estimatorIn = (own: Params<Tensor>): Estimator => {
    const { lift } = rowOf(own);
    return lift && unit.biased ? { ...estimator, ...pathwise(unit.biased(stopGradient(lift))) } : estimator;
  };
  return {
    estimatorIn,
    rate: rateOf(estimator),
    /** The gater's scores, the bias that controls move (where units don't take it as a bias of their choice), and the controls' noise or its mean. */
    preactivation(own: Params<Tensor>, x: Tensor, noise: Key | undefined): Tensor {
      const ofGater = own.slice(0, -1).map((layer) => mapParams(layer, slowed));
      const { lift } = rowOf(own);
      const a = gater.scores(ofGater, flat(x));
      const biased = lift === undefined || unit.biased ? a : add(a, stopGradient(lift));
      return controls.reduce((scores, control, i) => {
        if (!control.noise) return scores;
        return add(scores, noise ? cast(control.noise(noise.fold(i), a.shape), a.dtype) : control.noiseMean!);
      }, biased);
    },
    send(own: Params<Tensor>, given: Tensor, gates: Tensor, training: boolean): Tensor {
      const row = rowOf(own);
      const x = flat(given);
      const copies = gates.shape[0]! / x.shape[0]!;
      const y = gatedBlocks({ weight: row.weight, bias: row.bias, out: row.out }, tile(x, copies), gates, {
        activation: activate,
        closed: training ? closed : "skip",
      });
      return add(y, row.offset);
    },
    read(own: Params<Tensor>, { x, a }: { x: Tensor; a: Tensor }, readout: Readout, key: Key): Tensor {
      const units = estimatorIn(own).unit;
      if (readout === "stochastic") return units.sample(a, key);
      if (decision) return decision.gates(own.slice(0, -1), flat(x));
      if (units.classes !== undefined) return likeliest(units.readout(a), units.classes);
      const { threshold } = rowOf(own);
      if (threshold === undefined) return units.readout(a);
      const isOpen = greater(a, threshold);
      if (binary) return isOpen;
      const reach = Number.isFinite(firstSent) ? add(a, maximum(sub(firstSent, threshold), 0)) : a;
      return mul(units.readout(reach), isOpen);
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
        ...Object.entries(fittedShapes).map(([name, shape]) => ({ name, shape, byRule: true as const })),
      ],
      multiplyAdds: blocks * width * (input + output),
      activation,
      estimator,
      gates: { blocks, width, closedInTraining: closedInTraining(estimator), open },
    },
  ];
}
