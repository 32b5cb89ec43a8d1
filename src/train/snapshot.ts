import type { Backend } from "../backends/backend.ts";
import type { Precision } from "../backends/precision.ts";
import type { Dataset } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import { crc32 } from "../formats/crc32.ts";
import { leaves, mapTree, type NdArray, type Spec, sameShape, showSpec, type Tree } from "../graph/index.ts";
import type { Params } from "../models/model.ts";
import type { Option } from "../options/index.ts";
import { show } from "../rules.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type TrainingConfig, trainingOptions } from "./config.ts";
import type { EpochMetrics, Score } from "./events.ts";
import type { TrainingState } from "./step.ts";
import { storedIn, VERSION } from "./stored.ts";

/** The parameters of the epoch with the lowest validation error so far; the earliest of equals. */
export interface Best {
  readonly epoch: number;
  readonly valid: Score;
  readonly params: Params<NdArray>;
}

/** Where a training stands, apart from the parameters: between two steps, or at the end of an epoch. */
export interface Position {
  /** From 1; one more than the config's when all are done. */
  epoch: number;
  /** Batches of this epoch that are done. */
  batch: number;
  /** Sums over the epoch so far. */
  loss: number;
  wrong: number;
  examples: number;
  /** Of each layer of gates: its share of open ones, times the examples. */
  open: number[];
  /** What the epoch's steps ran on, each kind once. */
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
export interface Snapshot {
  readonly identity: Identity;
  readonly position: Position;
  readonly metrics: readonly EpochMetrics[];
  readonly best: Best | undefined;
  readonly state: TrainingState<NdArray>;
  /** What its last step ran on; undefined before the first, and where an earlier version of the library wrote the checkpoint. */
  readonly ranOn: RanOn | undefined;
}

/** What must be the same before and after: it decides the numbers. */
export interface Identity {
  readonly training: TrainingConfig;
  readonly model: unknown;
  readonly data: { readonly name: string; readonly sizes: readonly number[]; readonly labels: string };
}

/** What tells one training from another. The data are known by their sizes and a checksum of their labels. */
export function identityOf(training: TrainingConfig, model: { config: unknown }, data: Dataset): Identity {
  const splits = [data.train, data.valid, data.test];
  const bytes = splits.map(({ labels }) => new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  const identity = {
    training,
    model: model.config,
    data: { name: data.name, sizes: splits.map(({ size }) => size), labels: crc32(...bytes).toString(16) },
  };
  // As it will read back: without keys that are undefined.
  return JSON.parse(JSON.stringify(identity)) as Identity;
}

export function toCheckpoint({ identity, position, metrics, best, state, ranOn }: Snapshot): Checkpoint {
  const header = {
    version: VERSION,
    ...identity,
    position,
    metrics,
    best: best && { epoch: best.epoch, valid: best.valid },
    ranOn,
  };
  const arrays = [
    ...leaves(state as unknown as Tree<NdArray>, "state"),
    ...leaves((best?.params ?? []) as Tree<NdArray>, "best"),
  ];
  return { header, arrays: new Map(arrays.map(({ path, value }) => [path, value])) };
}

/** Options that may change when a run goes on, because no step depends on them. */
const mayChange = Object.entries<Option>(trainingOptions).flatMap(([name, option]) =>
  option.mayChange ? [`training.${name}`] : [],
);

/**
 * The snapshot in a checkpoint, for a training of this identity whose state has the form of `initial`.
 * Throws UserError naming the first option that differs, or the array that doesn't fit.
 */
export function fromCheckpoint(
  checkpoint: Checkpoint,
  identity: Identity,
  initial: TrainingState<NdArray>,
  name: string,
): Snapshot {
  const { position, metrics, best, ranOn, ...stored } = storedIn(checkpoint, name);
  const fixed = new Set(mayChange);
  // The cosine's length is that of the training.
  if (identity.training.schedule.name === "cosine")
    for (const length of ["epochs", "steps"]) fixed.delete(`training.${length}`);
  const [before, now] = [stored, identity].map(
    (x) => new Map(leaves<unknown>(x as never).map((l) => [l.path, l.value])),
  );
  for (const path of new Set([...before!.keys(), ...now!.keys()]))
    if (before!.get(path) !== now!.get(path) && !fixed.has(path))
      throw new UserError(
        `resume: ${path} must stay as it was in ${name}, ${show(before!.get(path))}, received ${show(now!.get(path))}`,
      );

  const take = <T>(form: T, prefix: string): T =>
    mapTree(form as Tree<NdArray>, (spec, path) => arrayAs(checkpoint, path, spec, name), prefix) as T;
  return {
    identity,
    position,
    metrics,
    best: best && { ...best, params: take(initial.params, "best") },
    state: take(initial, "state"),
    ranOn,
  };
}

/** An array of a checkpoint. Throws UserError where it is missing or of another form. */
export function arrayAs({ arrays }: Checkpoint, path: string, spec: Spec, name: string): NdArray {
  const found = arrays.get(path);
  if (!found || found.dtype !== spec.dtype || !sameShape(found.shape, spec.shape))
    throw new UserError(
      `resume: ${path} in ${name} must be ${showSpec(spec)}, it is ${found ? showSpec(found) : "missing"}`,
    );
  return found;
}
