import { precisions } from "../backends/precision.ts";
import { UserError } from "../errors.ts";
import { checkChoice, checkNumber, show } from "../rules.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EpochMetrics, Score } from "./events.ts";
import { resolveTraining } from "./options.ts";
import type { Identity, Position, RanOn } from "./snapshot.ts";

/** The version of a checkpoint's header. */
export const VERSION = 1;

/** What the header of a training's checkpoint says. */
export interface Stored extends Identity {
  readonly position: Position;
  readonly metrics: readonly EpochMetrics[];
  readonly best: { readonly epoch: number; readonly valid: Score } | undefined;
  readonly ranOn: RanOn | undefined;
}

/**
 * The header of a checkpoint that a training wrote. A checksum tells that a file is whole and not that it is honest: every part that is
 * read is looked at. Throws UserError naming the part for one that isn't as it must be, and for a checkpoint of something else.
 */
export function storedIn({ header }: Checkpoint, name: string): Stored {
  const at = `checkpoint: ${name}`;
  const { version, training, model, data, position, metrics, best, ranOn } = object(`${at}`, header);
  if (version !== VERSION)
    throw new UserError(`${at} has version ${show(version)}, this library reads version ${VERSION}`);
  // A deep model would overflow the stack of everything that walks over it.
  if (depthOf(model) > DEEPEST || depthOf(training) > DEEPEST)
    throw new UserError(`${at}: training and model must be at most ${DEEPEST} levels deep`);
  const { name: dataName, sizes, labels } = object(`${at}: data`, data);
  if (typeof dataName !== "string" || typeof labels !== "string")
    throw new UserError(`${at}: data must have a name and the checksum of its labels, received ${show(data)}`);
  for (const size of list(`${at}: data.sizes`, sizes))
    checkNumber(`${at}: data.sizes`, size, { whole: true, atLeast: 1 });
  return {
    training: trainingIn(object(`${at}: training`, training), at),
    model,
    data: { name: dataName, sizes: sizes as number[], labels },
    position: positionIn(object(`${at}: position`, position), at),
    metrics: list(`${at}: metrics`, metrics).map((row) => metricsIn(row, at)),
    best: best === undefined ? undefined : bestIn(object(`${at}: best`, best), at),
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
    whole = resolveTraining(value);
  } catch (error) {
    throw new UserError(`${at}: training: ${(error as Error).message}`);
  }
  // A training writes its options with every default in its place.
  const missing = Object.entries(whole).find(([key, option]) => option !== undefined && value[key] === undefined);
  if (missing) throw new UserError(`${at}: training.${missing[0]} is missing`);
  return value as unknown as Identity["training"];
}

const counts = ["epoch", "batch", "wrong", "examples", "trained"] as const;
const amounts = ["loss", "stepSeconds", "seconds"] as const;

function positionIn(value: Readonly<Record<string, unknown>>, at: string): Position {
  for (const key of counts)
    checkNumber(`${at}: position.${key}`, value[key], { whole: true, atLeast: key === "epoch" ? 1 : 0 });
  for (const key of amounts) checkNumber(`${at}: position.${key}`, value[key], {});
  for (const share of list(`${at}: position.open`, value.open))
    checkNumber(`${at}: position.open`, share, { atLeast: 0 });
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

function metricsIn(value: unknown, at: string): EpochMetrics {
  const { epoch, step, train, valid, ranOn } = object(`${at}: metrics`, value);
  checkNumber(`${at}: metrics.epoch`, epoch, { whole: true, atLeast: 1 });
  checkNumber(`${at}: metrics.step`, step, { whole: true, atLeast: 1 });
  scoreIn(train, at);
  const { stochastic, deterministic } = object(`${at}: metrics.valid`, valid);
  scoreIn(stochastic, at);
  scoreIn(deterministic, at);
  return { ...(value as EpochMetrics), ranOn: kindsIn(ranOn, at) };
}

function bestIn({ epoch, valid }: Readonly<Record<string, unknown>>, at: string): Stored["best"] {
  checkNumber(`${at}: best.epoch`, epoch, { whole: true, atLeast: 1 });
  return { epoch, valid: scoreIn(valid, at) };
}

function scoreIn(value: unknown, at: string): Score {
  const { nll, error, gates } = object(`${at}: a score`, value);
  checkNumber(`${at}: nll of a score`, nll, {});
  checkNumber(`${at}: error of a score`, error, { atLeast: 0, atMost: 100 });
  for (const layer of list(`${at}: gates of a score`, gates ?? []))
    checkNumber(`${at}: open gates of a score`, object(`${at}: gates of a score`, layer).open, { atLeast: 0 });
  return value as Score;
}
