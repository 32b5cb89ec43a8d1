import { UserError } from "../../../errors.ts";
import type { Estimator } from "../../../estimators/estimator.ts";
import { pathwise } from "../../../estimators/units/pathwise.ts";
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
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../../../graph/index.ts";
import { type Gater, gaterFor } from "../../../layers/gaters/index.ts";
import { type Key, tile } from "../../../random/index.ts";
import type { LayerParams, LayerSummary, ParameterSummary, Params, Readout } from "../../model.ts";
import { checkLayer, closedInTraining, inTraining, type Observation, type Sending, type Sent, type Stage, type StagePlace } from "../../stage.ts"; // biome-ignore format: one line
import type { ResolvedGates } from "./config.ts";
import { learnsFromOpen } from "./learns-from-open.ts";
import { checkControls, likeliest, lowestSent, rateOf, sendsBits } from "./units.ts";

/** What stands behind the gates of a stage, and is computed where they are open. */
export interface Behind {
  /** Shape of what the stage outputs, without the batch axis. */
  readonly output: Shape;
  /** N: numbers that the gater reads of an example. */
  readonly inputs: number;
  /** What the stage reads [R, …] as its gater reads it, [R, N]. */
  seen(x: Tensor): Tensor;
  /** Its row of the network's table, without the gates. `kind` stands before the name of their estimator. */
  readonly row: Pick<LayerSummary, "name" | "kind" | "input" | "multiplyAdds"> & {
    readonly parameters: readonly ParameterSummary[];
    /** The name of the gater's rows (default: gater1, gater2, …). */
    readonly gater?: string;
  };
  /** Fresh parameters. */
  init(key: Key): LayerParams<NdArray>;
  /** x [R, …], gates [R, K] → [R, …output] */
  send(own: LayerParams<Tensor>, x: Tensor, gates: Tensor, at: SendingBehind): Tensor;
  /** What a training step sets by rule among the parameters, told the same as `send`. */
  moved?(own: LayerParams<Tensor>, x: Tensor, gates: Tensor, at: SendingBehind): LayerParams<Tensor>;
}

/** How what is behind gates is asked for what it outputs. */
export interface SendingBehind extends Sending {
  /** Whether closed gates skip what is behind them. */
  readonly closed: "skip" | "evaluate";
}

/** The parameters of the last row: those of what is behind the gates, and what is not learned by gradient. */
type LastRow = LayerParams<Tensor> & {
  /** [K], where a control moves it. */
  readonly lift?: Tensor;
  /** [], where a share of open gates is to be met. */
  readonly threshold?: Tensor;
};

/**
 * A stage of gates and what is behind them. Its estimator is that of the gates, its pre-activations are the gater's scores. Throws UserError, naming the
 * stage, for gates that can't be as the config says.
 */
export function gatedStage(kind: string, config: ResolvedGates, at: StagePlace, behind: Behind): Stage {
  checkLayer(`${at.subject}.gate`, config.estimator, config.blocks);
  checkControls(config.controls, config.estimator, config.blocks, `${at.subject}.sparsity`);
  const parts = partsOf(config, behind.inputs, at.subject);
  const { gater, lifted, fitted } = parts;
  const { blocks, estimator, controls } = config;
  const gates = gatesOf(config, parts, behind);
  return {
    kind,
    config: { kind, ...config.config },
    estimator,
    units: blocks,
    output: behind.output,
    noisy: controls.some(({ noise }) => noise),
    readsInput: true,
    rows: rowsOf(config, gater, behind, at.number, {
      ...(lifted && { lift: [blocks] }),
      ...(fitted && { threshold: [] }),
    }),
    init(root, place) {
      const key = root.fold(place);
      const row = {
        ...behind.init(key.fold(1)),
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
    control(own, states, sent) {
      const { a, units } = sent;
      const now = { rate: gates.rate(a), sent: units };
      const penalties = controls.flatMap(({ penalty }) => penalty?.(now, states) ?? []);
      const { lift } = rowOf(own);
      return {
        penalty: penalties.length === 0 ? undefined : penalties.reduce((x, y) => add(x, y)),
        states: Object.assign({}, ...controls.map(({ next }) => next?.(now, states) ?? {})),
        moved: {
          ...(lift && { lift: controls.reduce((bias, { moveBias }) => moveBias?.(bias, now, states) ?? bias, lift) }),
          ...gates.moved(own, sent),
        },
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
function partsOf(config: ResolvedGates, input: number, subject: string) {
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

const rowOf = (own: Params<Tensor>): LastRow => own.at(-1)!;

/** The stage's functions of its own parameters, in training and at test. */
function gatesOf(
  config: ResolvedGates,
  { gater, binary, firstSent, decision }: ReturnType<typeof partsOf>,
  behind: Behind,
) {
  const { estimator, controls, gaterRate } = config;
  const { unit } = estimator;
  const closed = closedInTraining(estimator);
  const slowed = gaterRate === 1 ? (p: Tensor) => p : (p: Tensor) => customGradient(p, [p], (g) => [mul(g, gaterRate)]);
  const estimatorIn = (own: Params<Tensor>): Estimator => {
    const { lift } = rowOf(own);
    return lift && unit.biased ? { ...estimator, ...pathwise(unit.biased(stopGradient(lift))) } : estimator;
  };
  /** What stands behind gates [R, K] reads: R rows of x, and of the gates that the channels of x lie behind. All are closed for what is skipped around them. */
  const asSent = (x: Tensor, gates: Tensor, at: Sending): [x: Tensor, gates: Tensor, at: SendingBehind] => {
    const copies = gates.shape[0]! / x.shape[0]!;
    const before = at.gates && tile(at.gates, copies);
    const open = at.around ? mul(gates, tile(at.around, copies)) : gates;
    return [tile(x, copies), open, { ...at, gates: before, closed: at.training ? closed : "skip" }];
  };
  return {
    estimatorIn,
    rate: rateOf(estimator),
    /** The gater's scores, the bias that controls move (where units don't take it as a bias of their choice), and the controls' noise or its mean. */
    preactivation(own: Params<Tensor>, x: Tensor, noise: Key | undefined): Tensor {
      const ofGater = own.slice(0, -1).map((layer) => mapParams(layer, slowed));
      const { lift } = rowOf(own);
      const a = gater.scores(ofGater, behind.seen(x));
      const biased = lift === undefined || unit.biased ? a : add(a, stopGradient(lift));
      return controls.reduce((scores, control, i) => {
        if (!control.noise) return scores;
        return add(scores, noise ? cast(control.noise(noise.fold(i), a.shape), a.dtype) : control.noiseMean!);
      }, biased);
    },
    send: (own: Params<Tensor>, x: Tensor, gates: Tensor, at: Sending): Tensor =>
      behind.send(rowOf(own), ...asSent(x, gates, at)),
    moved: (own: Params<Tensor>, { x, units, gates, around }: Sent): LayerParams<Tensor> =>
      behind.moved?.(rowOf(own), ...asSent(x, units, { ...inTraining, rows: units.shape[0]!, gates, around })) ?? {},
    read(own: Params<Tensor>, { x, a }: { x: Tensor; a: Tensor }, readout: Readout, key: Key): Tensor {
      const units = estimatorIn(own).unit;
      if (readout === "stochastic") return units.sample(a, key);
      if (decision) return decision.gates(own.slice(0, -1), behind.seen(x));
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

/** The rows of a model's table: the gater's layers, and what is behind the gates. */
function rowsOf(
  { blocks, width, activation, estimator, open }: ResolvedGates,
  gater: Gater,
  { output, row: { gater: named, ...row } }: Behind,
  number: number,
  byRule: { readonly [name: string]: Shape },
): LayerSummary[] {
  const gaterName = named ?? `gater${number}`;
  return [
    ...gater.layers.map((layer, i) => ({
      name: `${gaterName}${gater.layers.length === 1 ? "" : `.${i + 1}`}`,
      kind: layer.kind,
      input: [layer.input],
      output: [layer.output],
      parameters: layer.parameters,
      multiplyAdds: layer.multiplyAdds,
      activation: layer.activation,
    })),
    {
      ...{ ...row, kind: `${row.kind} + ${estimator.card.name}`, output, activation, estimator },
      parameters: [
        ...row.parameters,
        ...Object.entries(byRule).map(([name, shape]) => ({ name, shape, byRule: true as const })),
      ],
      gates: { blocks, width, closedInTraining: closedInTraining(estimator), open },
    },
  ];
}
