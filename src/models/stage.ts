import type { AnyCell, Cell, CellSizes } from "../cells/index.ts";
import { UserError } from "../errors.ts";
import {
  checkUnits,
  type Estimator,
  type EstimatorState,
  type EstimatorStateArrays,
  type Mode,
  readsClosedGates,
} from "../estimators/estimator.ts";
import { type EstimatorConfig, type EstimatorName, estimatorNames, resolveEstimator } from "../estimators/index.ts";
import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { PartCard } from "../options/index.ts";
import type { Key } from "../random/key.ts";
import type { Batch, FieldNeed } from "./head.ts";
import type { BatchMoments, Flow, LayerParams, LayerSummary, Params, Readout, StageSummary } from "./model.ts";

/** A threshold of a deterministic readout that is fitted to training examples and not by gradient: a parameter [] of a stage. */
export interface FittedParameter {
  /** Its name among the parameters of the stage's last row. */
  readonly name: string;
  /** The share of values that shall be above it; "rate": the mean probability that the noise puts them there. */
  readonly share: number | "rate";
  /** What the stage reads → the values that it parts [B, K], and their mean rate []. */
  values(own: Params<Tensor>, x: Tensor): { readonly a: Tensor; readonly rate: Tensor };
}

/** What a stage reports of itself while examples are scored, beside the head's metrics. */
export interface Observation {
  /** Its key in scores, such as "gates". */
  readonly name: string;
  /** Means over a training step's batch, [] each. units [B, H] */
  training(units: Tensor): { readonly [name: string]: Tensor };
  /** Sums over the examples whose place in `counted` [B, 1] is true. units [B, H] → [H] */
  sums(units: Tensor, counted: Tensor): Tensor;
  /** What is reported of those sums over n examples. */
  summary(sums: Float64Array, examples: number): { readonly [name: string]: number };
}

/** What the units of a stage are about to output: what the stage read, its pre-activations, and what its units output. */
export interface Sent {
  readonly x: Tensor; //     [B, …]
  readonly a: Tensor; //     [B, H]
  readonly units: Tensor; // [R, H], R = B or several copies of the batch
  /** Gates that the channels of x lie behind, and those of residual stages around it, see `Called`. */
  readonly gates?: Tensor | undefined;
  readonly around?: Tensor | undefined;
}

/** What a control of a stage adds to a training step. */
export interface Controlled {
  /** []: added to the mean loss that is minimised, and to no loss that is reported. */
  readonly penalty?: Tensor | undefined;
  /** The next state, for the stage's first row. */
  readonly states: { readonly [name: string]: Tensor };
  /** Parameters of the last row that the step sets by rule in place of the optimizer. */
  readonly moved: LayerParams<Tensor>;
}

/** What a stage that runs its units itself is given. */
export interface Running {
  /** [R, …]: R = B or several copies of the batch. */
  readonly x: Tensor;
  /** The fields that it asks for, [R, …] each. */
  readonly fields: Batch<Tensor>;
  readonly key: Key;
  /** B: copies of these rows meet the same noise. */
  readonly rows: number;
  /** In training how it is called; at test "detached" (its units sample) or "mean" (they output their readouts). */
  readonly mode: Mode;
  /** What its estimators keep, one record for each of its rows. */
  readonly states: readonly EstimatorState[];
  /** Of a stage with a memory, what earlier steps left, [B, width] each (default: there were none). */
  readonly before?: LayerParams<Tensor> | undefined;
  /** int32 []: the number of the first step (default: 0). */
  readonly first?: Tensor | undefined;
  /** Given where what it computes within is looked at; of a stage that has `insides`. */
  readonly look?: Look | undefined;
}

/** How what a stage computes within is looked at. */
export interface Look {
  /** Added to what the stage computes under these names, [1, …] each: the gradient of a nudge of zeros is that of the value. */
  readonly nudges: LayerParams<Tensor>;
  /** Gets all that it computes under a name, [R, …]. */
  see?(name: string, value: Tensor): void;
}

/** What comes of it. */
export interface Ran {
  /** [R]: the value is each row's loss, the gradient is what the estimators say. */
  readonly loss: Tensor;
  /** What its estimators and controls keep from here on, where it was called live. */
  readonly states: readonly EstimatorState[];
  /** []: what its controls add to the mean loss, where it was called live. */
  readonly penalty?: Tensor | undefined;
  /** [R, H]: what its observation sees, where it has one. */
  readonly observed?: Tensor | undefined;
  /** Of a stage with a memory that was given one, what its steps leave for later ones, [B, width] each. */
  readonly after?: LayerParams<Tensor> | undefined;
}

/** What the steps of a stage leave for later ones. */
export interface Memory {
  /** Names and widths. Zeros stand for no steps. */
  readonly state: { readonly [name: string]: number };
  /** Whether a training keeps it for the next batch, in which row r continues row r of the one before. */
  readonly carried: boolean;
}

/** What a stage keeps for one behind it that joins it. */
export type Kept = Flow["kept"][number];

/** How pre-activations are asked for. */
export interface Called {
  /** For a noisy stage in training; without it the noise has its mean. */
  readonly noise: Key | undefined;
  /** In training, where statistics are those of the batch, or at test. */
  readonly training: boolean;
  /** What units before it output, on which statistics at test depend; in training they sample. */
  readonly readout: Readout;
  /** Given while statistics of the deterministic readout are fitted: those of the batch are taken, and told. */
  readonly fitting?: ((batch: BatchMoments) => void) | undefined;
  /** B: x is one or several copies of B rows, one copy after another. */
  readonly rows: number;
  /** What stages before it keep, the first to be joined last; their rows are those of x. */
  readonly kept: readonly Kept[];
  /**
   * Gates [R, J] that the channels of x lie behind, J equal groups one after the other. Where a gate is exactly 0, so are its channels: they need not be
   * read, and nobody asks for their gradient (default: all channels are to be read).
   */
  readonly gates?: Tensor | undefined;
  /** [R, 1]: 0 for what residual stages around it skip, whose result doesn't matter (default: all matters). */
  readonly around?: Tensor | undefined;
}

/** How a stage is asked for what it outputs. */
export type Sending = Pick<Called, "training" | "readout" | "fitting" | "rows" | "gates" | "around">;

/** How a stage is called in training, whatever its estimators ask. */
export const inTraining = { training: true, readout: "stochastic" } as const;

/** How the units of a stage come about: once for each example, or in a run of its own. */
type Units =
  | {
      /** x [R, …] → [R, H] */
      preactivation(own: Params<Tensor>, x: Tensor, at: Called): Tensor;
      readonly run?: undefined;
    }
  | {
      readonly preactivation?: undefined;
      /**
       * Runs units that decide more than once for an example, such as at each step of a sequence, and calls `downstream` with what the stage outputs,
       * [K·R, …output], and the mode of that call: as often as the estimators of those units need it.
       */
      run(own: Params<Tensor>, at: Running, downstream: (output: Tensor, mode: Mode) => Tensor): Ran;
    };

/**
 * A part of a network: it turns what it reads into pre-activations, has units that an estimator trains through, and outputs something on; or it runs
 * its units itself. `own` are the parameters of its own rows. Each function is called while a graph is traced.
 */
export type Stage = StageParts & Units;

interface StageParts {
  readonly kind: string;
  /** What it was made from, as JSON. */
  readonly config: { readonly kind: string; readonly [option: string]: unknown };
  /** Its rows in the network's table, one for each record of parameters. */
  readonly rows: readonly LayerSummary[];
  /** Which of the rows has the units, and keeps what their estimator keeps (default: the last). */
  readonly unitRow?: number;
  /** Shape of what it outputs, without the batch axis. */
  readonly output: Shape;
  /** What its units are and how they are trained. Absent: it outputs its pre-activations. */
  readonly estimator?: Estimator | undefined;
  /** Estimators of the units that it runs itself. */
  readonly inside?: readonly Estimator[] | undefined;
  /** Fields of the data that it reads beside its input. */
  readonly fields?: { readonly [name: string]: FieldNeed } | undefined;
  /** Whether what it outputs are spikes, 0 almost everywhere (default: false). */
  readonly sendsSpikes?: boolean;
  /** Whether what it outputs is a sequence, whose first axis is time (default: as what it reads, where it keeps the shape). */
  readonly sendsSequence?: boolean;
  /** H: its units. */
  readonly units: number;
  /** Whether its pre-activations are disturbed by noise of their own, so that copies of an example differ. */
  readonly noisy?: boolean;
  /** Whether something behind its units reads again what the stage read. */
  readonly readsInput?: boolean;
  /** Fresh parameters and states, one record for each row. `root` is the network's key, `place` the stage's, from 0. */
  init(root: Key, place: number): Initial;
  /** What the next stage reads, [R, …output]; what the units output where absent. */
  send?(own: Params<Tensor>, x: Tensor, units: Tensor, at: Sending): Tensor;
  /**
   * The gates that the channels of what it outputs lie behind, of its own or those in `at` that the channels of x lie behind: what it outputs must be
   * exactly 0 where they are. None where someone reads the derivatives of closed ones, and where the stage has no such member.
   */
  outputGates?(units: Tensor, at: Pick<Sending, "training" | "gates">): Tensor | undefined;
  /** What it keeps for the stage behind it that joins it, as `Flow.kept` says. x [R, …], units [R, H], as they are read */
  keeps?(x: Tensor, units: Tensor, at: { readonly readout: Readout; readonly training: boolean }): Kept;
  /** Whether it joins what was kept last: `Called.kept` has it, for it alone. */
  readonly joins?: boolean;
  /** A loss of the stage's own for each row, [R]: added to that of the stages behind it. */
  loss?(own: Params<Tensor>, sent: Sent): Tensor;
  /** What the units output at test, [B, H], where it isn't the unit's own sample or readout. */
  read?(own: Params<Tensor>, at: { x: Tensor; a: Tensor }, readout: Readout, key: Key): Tensor;
  /** The estimator where parameters take part in its choice. */
  estimatorIn?(own: Params<Tensor>): Estimator;
  /** What acts on the stage beside the loss, told what the live call read and sent. */
  control?(own: Params<Tensor>, state: { readonly [name: string]: Tensor }, sent: Sent): Controlled;
  readonly memory?: Memory | undefined;
  /** What a stage that runs its units itself shows of what it computes within, with shapes without the batch axis (default: nothing). */
  readonly insides?: { readonly [name: string]: Shape } | undefined;
  /**
   * What it outputs where that depends on the steps that it is given and its memory alone, so that it may be given any number of steps: a row for each of
   * them, or one for the last of them.
   */
  readonly stepwise?: "each" | "last" | undefined;
  readonly fitted?: FittedParameter | undefined;
  readonly observation?: Observation | undefined;
}

export interface Initial {
  readonly params: Params<NdArray>;
  readonly states: readonly EstimatorStateArrays[];
}

/** What a stage is given when it is built into a network. */
export interface StagePlace {
  /** Shape of what it reads, without the batch axis. */
  readonly input: Shape;
  /** Whether that is spikes, 0 almost everywhere: products with it need not read the weights of what is silent. */
  readonly readsSpikes: boolean;
  /** Whether units before it draw, so that it reads other numbers in the deterministic readout. */
  readonly readsDraws: boolean;
  /** Whether a stage before it made a sequence of it (default: false). */
  readonly readsSequence?: boolean;
  /** Its number among all stages, from 0, and among those of its kind, from 1. */
  readonly place: number;
  readonly number: number;
  readonly stages: number;
  /** What the head reads, told to the last stage alone. */
  readonly wanted: Shape | undefined;
  /** Of a stage around others: the shape of what the first of them read, without the batch axis. */
  readonly joined?: Shape;
  /** Names the stage in errors: "network: stages[0]". */
  readonly subject: string;
  /** Whether what controls the units beside the loss is dropped, such as a target for their sparsity. */
  readonly uncontrolled: boolean;
  /** The estimator of a config, or one of the user's own. A stage with units asks once. Throws UserError naming `subject` where there is none. */
  estimator(given: EstimatorConfig | Estimator, subject: string): Estimator;
  /** The cell of a config, or one of the user's own. Throws UserError naming `subject` where there is none. */
  cell(given: AnyCell, sizes: CellSizes, subject: string): Cell;
}

/** What a page says about a stage. Sizes are B examples, N values of one, T steps, I numbers of a step, H units. */
export interface StageCard extends PartCard {
  /** The shape that it reads: "[B, N]". */
  readonly reads: string;
  /** The shape that it outputs. */
  readonly outputs: string;
}

/** A stage with its options, before it knows what it reads. */
export interface StageSpec {
  /** Its name in configs, such as "dense". */
  readonly kind: string;
  /** Makes the stage for its place in a network. Throws UserError for options that cannot be. */
  build(at: StagePlace): Stage;
  /** Of a stage around others: what begins it, and those others. It is built behind them and joins what the first one keeps. */
  readonly around?: { readonly begin: StageSpec; readonly stages: readonly StageSpec[] };
}

/** `outputGates` of a stage whose channels are 0 where those that it reads are. */
export const keptGates: NonNullable<Stage["outputGates"]> = (_, { gates }) => gates;

/** Whether blocks of closed gates are computed in training. */
export const closedInTraining = (estimator: Estimator): "skip" | "evaluate" =>
  readsClosedGates(estimator) ? "evaluate" : "skip";

/** An estimator as a config says it: of the library's own every option, of the user's own its name. */
export function estimatorConfigOf(given: EstimatorConfig | Estimator): { readonly name: string } {
  if (typeof given === "object" && "estimate" in given) return { name: given.card.name };
  const name: string = typeof given === "string" ? given : given.name;
  return estimatorNames.includes(name as EstimatorName) ? resolveEstimator(given) : { name };
}

/** All estimators of a stage's units. */
export const estimatorsOf = ({ estimator, inside = [] }: Stage): readonly Estimator[] =>
  estimator ? [estimator, ...inside] : inside;

/** Whether any of its units draws. */
export const draws = (stage: Stage): boolean => estimatorsOf(stage).some(({ unit }) => unit.stochastic);

/** Throws UserError, naming `subject`, where an estimator can't train n units: when the network is made, and not in its first step. */
export const checkLayer = (subject: string, estimator: Estimator, units: number): void =>
  within(subject, () => checkUnits(estimator, units));

/** What `make` gives; a UserError says at which option it was. */
export function within<T>(at: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${at}: ${error.message}`) : error;
  }
}

/** A stage as tables and diagrams show it, with its rows of the network's table. */
export const summaryOf = (stage: Stage, rows: readonly LayerSummary[]): StageSummary => {
  const { kind, config, output, loss, keeps, joins } = stage;
  return {
    ...{ kind, config, output, addsLoss: loss !== undefined, rows },
    ...(keeps && { keeps: true }),
    ...(joins && { joins: true }),
  };
};
