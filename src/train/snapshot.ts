import type { Backend } from "../backends/backend.ts";
import type { Precision } from "../backends/precision.ts";
import { isStreamed, type TrainingData } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import { crc32 } from "../formats/crc32.ts";
import { leaves, mapTree, type NdArray, type Spec, sameShape, showSpec, type Tree } from "../graph/index.ts";
import type { FieldMemories } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import type { Option } from "../options/index.ts";
import { show } from "../rules.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type TrainingConfig, trainingOptions } from "./config.ts";
import type { ClassMetric, EpochMetrics, Score } from "./events.ts";
import type { Layout } from "./layout.ts";
import type { TrainingState } from "./step.ts";
import { storedIn, VERSION } from "./stored.ts";

/** The parameters of the best validation so far; the earliest of equals. */
export interface Best<M extends string = ClassMetric> {
  readonly epoch: number;
  /** Steps since the start of the training. */
  readonly step: number;
  readonly valid: Score<M>;
  readonly params: Params<NdArray>;
  /** log σ of each noisy weight; empty where no noise is learned. */
  readonly logDeviation: Params<NdArray>;
}

/** Where a training stands, apart from the parameters: between two steps, or at the end of an epoch. */
export interface Position {
  /** From 1; one more than the config's when all are done. */
  epoch: number;
  /** Batches of this epoch that are done. */
  batch: number;
  /** Steps since the start. */
  step: number;
  /** Sums over the examples since the last validation: the losses, what the other metrics are means of, and the examples' number. */
  loss: number;
  sums: Record<string, number>;
  examples: number;
  /** For each of the model's observations: what it reports, times the examples. */
  observed: Record<string, number>[];
  /** The sum of the steps' mean losses since a look began it anew, and their number. */
  looked: { loss: number; steps: number };
  /** What these steps ran on, each kind once. */
  ranOn: RanOn[];
  /** Since the start. */
  trained: number; //      examples in all epochs
  stepSeconds: number; //  in training steps
  seconds: number; //      in all
}

/** What a step ran on, as far as it may change roundings. */
export interface RanOn {
  readonly backend: string;
  readonly instructionSet: string;
  readonly precision: Precision;
}

export const ranOn = (backend: Backend): RanOn => {
  const { name, instructionSet, precision = "float32" } = backend.info();
  return { backend: name, instructionSet, precision };
};

export const sameRanOn = (a: RanOn, b: RanOn): boolean =>
  a.backend === b.backend && a.instructionSet === b.instructionSet && a.precision === b.precision;

/** As in "native (AVX2 with FMA, float32)". */
export const showRanOn = ({ backend, instructionSet, precision }: RanOn): string =>
  `${backend} (${instructionSet}, ${precision})`;

/** All that a training needs to go on as if it had not stopped. */
export interface Snapshot<M extends string = string> {
  /** What must be the same where it goes on. */
  readonly identity: Identity;
  /** Where it stands. */
  readonly position: Position;
  /** All validations so far. */
  readonly metrics: readonly EpochMetrics<M>[];
  readonly best: Best<M> | undefined;
  readonly state: TrainingState<NdArray>;
  /** What the network remembers of the data; undefined where an earlier version of the library wrote the checkpoint. */
  readonly fields: FieldMemories | undefined;
  /** What its last step ran on; undefined before the first, and where an earlier version of the library wrote the checkpoint. */
  readonly ranOn: RanOn | undefined;
}

/** What must be the same before and after: it decides the numbers. */
export interface Identity {
  readonly training: TrainingConfig;
  readonly model: unknown;
  readonly data: {
    readonly name: string;
    readonly sizes: readonly number[];
    /** Of the targets; of the first inputs where there are none. */
    readonly checksum: string;
    /** Of the first inputs; undefined in files that were written without it. */
    readonly inputs?: string | undefined;
  };
}

const bytesOf = ({ data }: NdArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Bytes of the input that stand for the whole: a checksum of them takes a few milliseconds. */
const MOST = 2 ** 20;

/** What tells one training from another. The data are known by their sizes and checksums of the targets and of the first inputs. */
export function identityOf(
  training: TrainingConfig,
  { config, head, input }: Pick<Model, "config" | "head" | "input">,
  data: TrainingData,
): Identity {
  // Of a stream, what comes is known only when it comes.
  const splits = [...(isStreamed(data.train) ? [] : [data.train]), data.valid, data.test];
  const targets = Object.keys(head.fields).filter((field) => field !== input);
  const first = splits.map(({ fields }) => bytesOf(fields[input]!).subarray(0, MOST));
  const aimed = splits.flatMap(({ fields }) => targets.map((field) => bytesOf(fields[field]!)));
  const sum = (bytes: readonly Uint8Array[]): string => crc32(...bytes).toString(16);
  const identity = {
    training,
    model: config,
    data: {
      ...{ name: data.name, sizes: splits.map(({ size }) => size) },
      ...{ checksum: sum(targets.length === 0 ? first : aimed), inputs: sum(first) },
    },
  };
  // As it will read back: without keys that are undefined.
  return JSON.parse(JSON.stringify(identity)) as Identity;
}

/** Where a checkpoint has the log deviations of the best validation. */
const BEST_LOG_DEVIATION = "bestLogDeviation";

export function toCheckpoint<M extends string>(
  { identity, position, metrics, best, state, fields, ranOn }: Snapshot<M>,
  layout: Layout,
): Checkpoint {
  const header = {
    version: VERSION,
    ...identity,
    position,
    metrics,
    best: best && { epoch: best.epoch, step: best.step, valid: best.valid },
    fields,
    ranOn,
  };
  const arrays = [
    ...leaves(state as unknown as Tree<NdArray>, "state"),
    ...leaves((best?.params ?? []) as Tree<NdArray>, "best"),
    ...leaves((best?.logDeviation ?? []) as Tree<NdArray>, BEST_LOG_DEVIATION),
  ];
  return { header, arrays: new Map(arrays.map(({ path, value }) => [path, layout.stored(path, value)])) };
}

/** Options that may change when a run goes on, because no step depends on them. */
const mayChange = Object.entries<Option>(trainingOptions).flatMap(([name, option]) =>
  option.mayChange ? [`training.${name}`] : [],
);

/**
 * The snapshot in a checkpoint, for a training of this identity whose state has the form of `initial`.
 * Throws UserError naming the first option that differs, or the array that doesn't fit.
 */
export function fromCheckpoint<M extends string>(
  checkpoint: Checkpoint,
  identity: Identity,
  initial: TrainingState<NdArray>,
  { layout, name }: { readonly layout: Layout; readonly name: string },
): Snapshot<M> {
  const { position, metrics, best, fields, ranOn, ...stored } = storedIn<M>(checkpoint, name);
  checkSame(stored, identity, name);
  const take = <T>(form: T, prefix: string): T =>
    mapTree(
      form as Tree<NdArray>,
      (spec, path) => layout.held(path, arrayAs(checkpoint, path, layout.specOf(path, spec), name)),
      prefix,
    ) as T;
  return {
    identity,
    position,
    metrics,
    best: best && {
      ...best,
      params: take(initial.params, "best"),
      logDeviation: take(initial.weightNoise.logDeviation, BEST_LOG_DEVIATION),
    },
    state: take(initial, "state"),
    fields,
    ranOn,
  };
}

/** Throws UserError naming the first option of a training that goes on that isn't as it was; `name` says where it was. */
export function checkSame(stored: Identity, identity: Identity, name: string): void {
  const fixed = new Set(mayChange);
  // The cosine's length is that of the training.
  if (identity.training.schedule.name === "cosine")
    for (const length of ["training.epochs", "training.steps"]) fixed.delete(length);
  if (stored.data.inputs === undefined) fixed.add("data.inputs");
  const [before, now] = [stored, identity].map((x) => new Map(leaves<unknown>(x).map((l) => [l.path, l.value])));
  const differing = [...new Set([...before!.keys(), ...now!.keys()])].filter(
    (path) => before!.get(path) !== now!.get(path) && !fixed.has(path),
  );
  const [path] = differing.filter((path) => !differing.some((other) => decides(other, path)));
  if (path !== undefined)
    throw new UserError(
      `resume: ${path} must stay as it was in ${name}, ${shown(before!.get(path))}, received ${shown(now!.get(path))}`,
    );
}

/** Whether an option says what the thing is that another belongs to: the cell's name decides which options it has. */
function decides(name: string, path: string): boolean {
  const [, owner] = /^(.*\.)(?:name|kind)$/.exec(name) ?? [];
  return owner !== undefined && name !== path && path.startsWith(owner);
}

const shown = (value: unknown): string => (value === undefined ? "none" : show(value));

/** An array of a checkpoint. Throws UserError where it is missing or of another form. */
export function arrayAs({ arrays }: Checkpoint, path: string, spec: Spec, name: string): NdArray {
  const found = arrays.get(path);
  if (!found || found.dtype !== spec.dtype || !sameShape(found.shape, spec.shape))
    throw new UserError(
      `resume: ${path} in ${name} must be ${showSpec(spec)}, it is ${found ? showSpec(found) : "missing"}`,
    );
  return found;
}
