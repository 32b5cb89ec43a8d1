import { UserError } from "../errors.ts";
import type { Metric } from "../models/head.ts";
import type { Readout } from "../models/model.ts";
import { show } from "../rules.ts";
import type { Identity, Trained } from "../train/index.ts";

/** The head's metrics by name. */
export type Figures = Readonly<Record<string, number>>;

/** A training's result, as `train` gives it: what is compared of it. */
export type ComparableResult = Pick<
  Trained<never>,
  "run" | "seed" | "epochs" | "selectedEpoch" | "valid" | "test" | "identity"
> &
  Partial<Pick<Trained<never>, "history">>;

/** One run, from a folder or from what `train` gave. */
export interface RunRecord {
  /** Its folder; without one, its place in the list, such as "run 2". */
  readonly name: string;
  readonly seed: number;
  readonly identity: Identity;
  /** The options of its data, as in its config.json; absent where they aren't known. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** Epochs that were trained. */
  readonly epochs: number;
  /** The selected epoch, whose parameters the scores are of. */
  readonly epoch: number;
  /** With the readout that selects. */
  readonly valid: Figures;
  /** Absent where the training was stopped before its end. */
  readonly test?: { readonly [R in Readout]: Figures } | undefined;
  /** Its validations, first to last; absent where they aren't known. */
  readonly history?: readonly object[] | undefined;
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

/** What `train` gave, as a record. Throws UserError for anything else. */
export function recordOf(result: ComparableResult, place: number): RunRecord {
  const parts = ["valid", "test", "identity"] as const;
  if (!isObject(result) || !parts.every((part) => isObject(result[part])))
    throw new UserError(
      `compare: run ${place} must be the path of a run folder or a result of train, received ${show(result)}`,
    );
  const { run, seed, epochs, selectedEpoch: epoch, valid, test, identity, history } = result;
  return {
    ...{ name: run ?? `run ${place}`, seed, epochs, epoch, identity },
    valid: valid as Figures,
    test: test as unknown as RunRecord["test"],
    ...(history && { history }),
  };
}

/** A metric of a run. Throws UserError where it is no finite number. */
export function figureOf(record: RunRecord, score: Figures, { name }: Metric): number {
  const value = score[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new UserError(`compare: ${name} of ${record.name} must be a finite number, received ${show(value)}`);
}
