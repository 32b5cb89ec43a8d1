import { backendNames } from "../../../backends/select.ts";
import { UserError } from "../../../errors.ts";
import { parseJson } from "../../../formats/json.ts";
import { brokenRule, checkChoice, checkNumber, cut, type NumberRule, show } from "../../../rules.ts";
import { unsealed } from "../../../runs/index.ts";
import type { Trial, Work } from "../plan.ts";
import type { Point } from "../space.ts";
import type { Failed, Scored } from "../trial.ts";
import type { Errand, ObjectiveFile, Present, Returned } from "./errand.ts";
import type { Job } from "./packages.ts";

/** What is read from Redis, checked: whoever may write there could have left it. */

/** Characters of a text that is shown, of one that is a reason, and texts of a list. */
const [MOST_SHOWN, MOST_REASON, MOST_LISTED] = [300, 4000, 1024];
/** Trials that a worker runs at a time. */
const MOST_SLOTS = 1024;

type Fields = { readonly [name: string]: unknown };

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fieldsIn(subject: string, value: unknown): Fields {
  if (!isFields(value)) throw new UserError(`${subject} must be an object, received ${show(value)}`);
  return value;
}

function textIn(subject: string, value: unknown, most = MOST_SHOWN): string {
  if (typeof value !== "string") throw new UserError(`${subject} must be a text, received ${show(value)}`);
  return printable(value, most);
}

function numberIn(subject: string, value: unknown, rule: NumberRule): number {
  checkNumber(subject, value, rule);
  return value;
}

/** A text as one line that a terminal only shows. */
const printable = (text: string, most: number): string => cut(text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " "), most);

/** A worker, as its key says it. Throws UserError for what no worker writes. */
export function presentIn(text: string, subject: string): Omit<Present, "silence"> {
  const { host, pid, queue, slots, running } = fieldsIn(subject, parseJson(text, subject));
  if (!Array.isArray(running) || running.length > MOST_LISTED)
    throw new UserError(`${subject}.running must be a list of trials, received ${show(running)}`);
  return {
    host: textIn(`${subject}.host`, host),
    pid: numberIn(`${subject}.pid`, pid, { whole: true, atLeast: 1 }),
    queue: textIn(`${subject}.queue`, queue),
    slots: numberIn(`${subject}.slots`, slots, { whole: true, atLeast: 1, atMost: MOST_SLOTS }),
    running: running.map((name, i) => textIn(`${subject}.running[${i}]`, name)),
  };
}

const IDENTITY = /^\d{1,9}-[0-9a-f]{8}$/;
/** The names that `queueOf` makes. */
const SWEEP = /^[\w-]{1,300}$/;

/**
 * What a job asks. Who may write to Redis decides what is trained, and nothing else: no code is named by a job, and no path of this machine to write to.
 * Throws UserError for what no sweep sends.
 */
export function errandOf({ id, data }: Pick<Job, "id" | "data">, objective: ObjectiveFile | undefined): Errand {
  try {
    const { trial, work, until, metric, sweep, backend } = fieldsIn("a job", data);
    if (typeof sweep !== "string" || !SWEEP.test(sweep))
      throw new UserError(`sweep must be a name of letters, digits, - and _, received ${show(sweep)}`);
    checkChoice("backend", backend, backendNames);
    return {
      ...{ sweep, backend, trial: trialIn(trial), work: workIn(work, objective) },
      until: until === undefined ? undefined : numberIn("until", until, { whole: true, atLeast: 1 }),
      metric: metric === undefined ? undefined : textIn("metric", metric),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`worker: job ${cut(String(id))} is no trial of a sweep: ${error.message}`);
  }
}

function trialIn(value: unknown): Trial {
  const { number, id, name, point: given, values, seed } = fieldsIn("trial", value);
  if (typeof id !== "string" || !IDENTITY.test(id))
    throw new UserError(`trial.id must be a number and a checksum, received ${show(id)}`);
  const point = pointIn("trial.point", given);
  return {
    id,
    number: numberIn("trial.number", number, { whole: true, atLeast: 0 }),
    name: textIn("trial.name", name),
    ...{ point, ...(values !== undefined && { values: valuesIn("trial.values", values, point) }) },
    seed: numberIn("trial.seed", seed, { whole: true, atLeast: 0, below: 2 ** 32 }),
  };
}

function workIn(value: unknown, objective: ObjectiveFile | undefined): Work {
  const { kind, base } = fieldsIn("work", value);
  checkChoice("work.kind", kind, objective ? (["objective"] as const) : (["train"] as const));
  return objective ? { kind: "objective", url: objective.url } : { kind: "train", base: pointIn("work.base", base) };
}

/** Options as they would be typed. */
function pointIn(subject: string, value: unknown): Point {
  const fields = fieldsIn(subject, value);
  for (const [option, text] of Object.entries(fields))
    if (typeof text !== "string" || option === "__proto__")
      throw new UserError(`${subject}: ${show(option)} must be an option and a text, received ${show(text)}`);
  return fields as Point;
}

/** The values that the texts of a point stand for. */
function valuesIn(subject: string, value: unknown, point: Point): NonNullable<Trial["values"]> {
  const fields = fieldsIn(subject, value);
  for (const [option, text] of Object.entries(point)) {
    const found = fields[option];
    if (!["string", "number", "boolean"].includes(typeof found) || String(found) !== text)
      throw new UserError(`${subject}: ${show(option)} must be ${show(text)}, received ${show(found)}`);
  }
  return Object.fromEntries(Object.keys(point).map((option) => [option, fields[option] as string | number | boolean]));
}

/** What a worker gave back of an errand. What no worker of ours gives is a failure of this trial. */
export function returnedIn(text: unknown, errand: Pick<Errand, "work" | "until" | "metric">): Returned {
  try {
    const found = unsealed(String(text), {
      name: "result in Redis",
      fix: "sweep retry does the trial again",
    }) as Fields;
    const { state, error, lacking } = found;
    if (state === "cancelled") return { state };
    if (state !== "failed") return scoredIn(found, errand);
    if (typeof error !== "string") throw new UserError(`error must be a text, received ${show(error)}`);
    return { ...failedFor(error), ...(lacking === true && { lacking }) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message } = error;
    return failedFor(message.startsWith("result in Redis") ? message : `result in Redis: ${message}`);
  }
}

/** A failure for a reason that Redis has. */
export const failedFor = (reason: unknown): Failed => ({
  state: "failed",
  error: reasonIn(reason),
});

/** A reason of any kind as text, whose lines stay. */
const reasonIn = (reason: unknown): string => {
  const text = typeof reason === "string" ? reason : show(reason);
  const lines = text.split("\n").map((line) => printable(line, MOST_REASON));
  return cut(lines.join("\n").trim() || "its worker gave no reason", MOST_REASON);
};

function scoredIn(found: Fields, { work, until, metric: wanted }: Pick<Errand, "work" | "until" | "metric">): Scored {
  const { state, value, better, by, metric, unit, seconds } = found;
  checkChoice("state", state, until === undefined ? (["done"] as const) : (["done", "paused"] as const));
  // A loss may be infinite, or no number at all.
  if (typeof value !== "number") throw new UserError(`value must be a number, received ${show(value)}`);
  checkChoice("better", better, ["lower", "higher"] as const);
  const scored = {
    ...{ state, value, better, by: textIn("by", by) },
    ...{ metric: textIn("metric", metric), unit: textIn("unit", unit) },
    seconds: numberIn("seconds", seconds, { atLeast: 0 }),
  };
  if (work.kind === "objective") {
    checkChoice("by", by, ["value"] as const);
    return scored;
  }
  if (wanted !== undefined) checkChoice("by", by, [wanted]);
  const most = state === "paused" ? { atMost: until! } : {};
  const epochs = numberIn("epochs", found.epochs, { whole: true, atLeast: 1, ...most });
  const selectedEpoch = numberIn("selectedEpoch", found.selectedEpoch, { whole: true, atLeast: 1, atMost: epochs });
  if (state === "paused") return { ...scored, epochs, selectedEpoch };
  return { ...scored, epochs, selectedEpoch, test: scoresIn("test", found.test) };
}

/** Scores by their names. */
function scoresIn(subject: string, value: unknown): { readonly [metric: string]: number } {
  const entries = Object.entries(fieldsIn(subject, value));
  for (const [name, score] of entries)
    if (typeof score !== "number" || entries.length > MOST_LISTED)
      throw new UserError(`${subject}.${cut(name)} must be a number, received ${show(score)}`);
  return Object.fromEntries(entries.map(([name, score]) => [printable(name, MOST_SHOWN), score as number]));
}

/** Whether a number is a share of a trial. */
export const isShare = (value: unknown): value is number =>
  typeof value === "number" && brokenRule({ atLeast: 0, atMost: 1 }, value) === undefined;
