import { precisions } from "../backends/precision.ts";
import { UserError } from "../errors.ts";
import { type FieldMemories, fieldsIn } from "../models/feed.ts";
import { checkChoice, checkNumber, show } from "../rules.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EpochMetrics, Score } from "./events.ts";
import { resolveTraining } from "./options.ts";
import type { Identity, Position, RanOn } from "./snapshot.ts";

/** The version of a checkpoint's header. */
export const VERSION = 2;

/** What the header of a training's checkpoint says. */
export interface Stored<M extends string = string> extends Identity {
  readonly position: Position;
  readonly metrics: readonly EpochMetrics<M>[];
  readonly best: { readonly epoch: number; readonly step: number; readonly valid: Score<M> } | undefined;
  readonly fields: FieldMemories | undefined;
  readonly ranOn: RanOn | undefined;
}

/**
 * The header of a checkpoint that a training wrote. A checksum tells that a file is whole and not that it is honest: every part that is
 * read is looked at. Throws UserError naming the part for one that isn't as it must be, and for a checkpoint of something else.
 */
export function storedIn<M extends string>({ header }: Checkpoint, name: string): Stored<M> {
  const at = `checkpoint: ${name}`;
  const { version, training, model, data, position, metrics, best, fields, ranOn } = object(`${at}`, header);
  if (version !== VERSION)
    throw new UserError(`${at} has version ${show(version)}, this library reads version ${VERSION}`);
  // A deep model would overflow the stack of everything that walks over it.
  if (depthOf(model) > DEEPEST || depthOf(training) > DEEPEST)
    throw new UserError(`${at}: training and model must be at most ${DEEPEST} levels deep`);
  const { name: dataName, sizes, checksum, inputs } = object(`${at}: data`, data);
  const isText = (value: unknown): value is string => typeof value === "string";
  if (!isText(dataName) || !isText(checksum) || !(inputs === undefined || isText(inputs)))
    throw new UserError(`${at}: data must have a name and a checksum, received ${show(data)}`);
  for (const size of list(`${at}: data.sizes`, sizes))
    checkNumber(`${at}: data.sizes`, size, { whole: true, atLeast: 1 });
  return {
    training: trainingIn(object(`${at}: training`, training), at),
    model,
    data: { name: dataName, sizes: sizes as number[], checksum, inputs },
    position: positionIn(object(`${at}: position`, position), at),
    metrics: list(`${at}: metrics`, metrics).map((row) => metricsIn<M>(row, at)),
    best: best === undefined ? undefined : bestIn<M>(object(`${at}: best`, best), at),
    fields: fields === undefined ? undefined : fieldsIn(fields, at),
    ranOn: ranOn === undefined ? undefined : ranOnIn(ranOn, at),
  };
}

const DEEPEST = 20;

/** Levels of nested lists and objects, at most one more than DEEPEST. */
function depthOf(value: unknown): number {
  let [depth, level] = [0, [value]];
  while (level.length > 0 && depth <= DEEPEST) {
    level = level.flatMap((x) => (typeof x === "object" && x !== null ? Object.values(x) : []));
    depth++;
  }
  return depth;
}

function object(subject: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(`${subject} must describe a training, received ${show(value)}`);
  return value as Readonly<Record<string, unknown>>;
}

function list(subject: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new UserError(`${subject} must be a list, received ${show(value)}`);
  return value;
}

function trainingIn(value: Readonly<Record<string, unknown>>, at: string): Identity["training"] {
  let whole: object;
  try {
    // With steps of its own a training has epochs all the same, as a default.
    const { epochs: _, ...rest } = value;
    whole = resolveTraining(value.steps === undefined ? value : rest);
  } catch (error) {
    throw new UserError(`${at}: training: ${(error as Error).message}`);
  }
  // A training writes its options with every default in its place.
  const missing = Object.entries(whole).find(([key, option]) => option !== undefined && value[key] === undefined);
  if (missing) throw new UserError(`${at}: training.${missing[0]} is missing`);
  return value as unknown as Identity["training"];
}

const counts = ["epoch", "batch", "step", "examples", "trained"] as const;
const amounts = ["loss", "stepSeconds", "seconds"] as const;

function positionIn(value: Readonly<Record<string, unknown>>, at: string): Position {
  for (const key of counts)
    checkNumber(`${at}: position.${key}`, value[key], { whole: true, atLeast: key === "epoch" ? 1 : 0 });
  for (const key of amounts) checkNumber(`${at}: position.${key}`, value[key], {});
  numbersIn(`${at}: position.sums`, value.sums);
  numbersIn(`${at}: position.looked`, value.looked);
  for (const report of list(`${at}: position.observed`, value.observed)) numbersIn(`${at}: position.observed`, report);
  return { ...(value as unknown as Position), ranOn: kindsIn(value.ranOn, at) };
}

/** Checkpoints of earlier versions don't say. */
const kindsIn = (value: unknown, at: string): RanOn[] => list(`${at}: ranOn`, value ?? []).map((x) => ranOnIn(x, at));

function ranOnIn(value: unknown, at: string): RanOn {
  const { backend, instructionSet, precision } = object(`${at}: ranOn`, value);
  if (typeof backend !== "string" || typeof instructionSet !== "string")
    throw new UserError(`${at}: ranOn must name a backend and an instruction set, received ${show(value)}`);
  checkChoice(`${at}: ranOn.precision`, precision, precisions);
  return { backend, instructionSet, precision };
}

function metricsIn<M extends string>(value: unknown, at: string): EpochMetrics<M> {
  const { epoch, step, train, valid, weightNoise, warnings = [], ranOn } = object(`${at}: metrics`, value);
  checkNumber(`${at}: metrics.epoch`, epoch, { whole: true, atLeast: 1 });
  checkNumber(`${at}: metrics.step`, step, { whole: true, atLeast: 1 });
  scoreIn(train, at);
  const { stochastic, deterministic } = object(`${at}: metrics.valid`, valid);
  scoreIn(stochastic, at);
  scoreIn(deterministic, at);
  if (weightNoise !== undefined) numbersIn(`${at}: metrics.weightNoise`, weightNoise);
  for (const warning of list(`${at}: metrics.warnings`, warnings)) {
    const { kind, message } = object(`${at}: metrics.warnings`, warning);
    if (typeof kind !== "string" || typeof message !== "string")
      throw new UserError(`${at}: metrics.warnings must have a kind and a message, received ${show(warning)}`);
  }
  return { ...(value as EpochMetrics<M>), ranOn: kindsIn(ranOn, at) };
}

function bestIn<M extends string>(
  { epoch, step, valid }: Readonly<Record<string, unknown>>,
  at: string,
): Stored<M>["best"] {
  checkNumber(`${at}: best.epoch`, epoch, { whole: true, atLeast: 1 });
  checkNumber(`${at}: best.step`, step, { whole: true, atLeast: 1 });
  return { epoch, step, valid: scoreIn<M>(valid, at) };
}

function numbersIn(subject: string, value: unknown): void {
  for (const [name, number] of Object.entries(object(subject, value))) checkNumber(`${subject}.${name}`, number, {});
}

/** Metrics are numbers; what stages report are lists of records of numbers. */
function scoreIn<M extends string>(value: unknown, at: string): Score<M> {
  for (const [name, metric] of Object.entries(object(`${at}: a score`, value)))
    if (Array.isArray(metric)) for (const report of metric) numbersIn(`${at}: ${name} of a score`, report);
    else checkNumber(`${at}: ${name} of a score`, metric, {});
  return value as Score<M>;
}
