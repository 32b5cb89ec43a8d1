import type { ExperimentFile } from "../../compare/index.ts";
import { type ConfigFlags, flagName, flagsOf, overlay, type RunConfig, resolveConfig, sections, withUsual } from "../../config/index.ts"; // biome-ignore format: one line
import { UserError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { checkNumber, cut, show, suggestion } from "../../rules.ts";
import { readGiven } from "./load.ts";

/** What a file asks, checked. */
export interface OwnPlan {
  /** The file's name without its folder and ending. */
  readonly name: string;
  readonly question: string;
  readonly networks: readonly OwnNetwork[];
  readonly seeds: readonly number[];
  readonly metric: string | undefined;
  readonly against: string | undefined;
}

export interface OwnNetwork {
  /** What it differs in, such as "estimator disarm, rate 0.1". */
  readonly name: string;
  readonly config: RunConfig;
}

/** Trainings of one file: with a second's work each, a day. */
const MOST = 10_000;
const ofMachine: readonly string[] = ["backend", "threads", "out", "seed"];

/** Whether a word of the command line names a file, and no experiment. */
export const isOwnFile = (word: string): boolean => /[/\\]|\.([cm]?[jt]s|json)$/.test(word);

/** The experiment that a file exports as its default, or that it is as JSON. Throws UserError where it isn't as it must be, or can't be read. */
export const readOwnFile = async (path: string): Promise<OwnPlan> => planOf(await readGiven("experiment", path), path);

/** Throws UserError, naming the file, for a mistake in it. */
export function planOf(given: unknown, file: string): OwnPlan {
  checkMembers(file, given, ["question", "base", "varies", "seeds", "metric", "against"]);
  const { question, base = {}, varies, seeds = 5, metric, against } = given as Partial<ExperimentFile>;
  for (const [name, text] of Object.entries({ question, metric, against }))
    if (text === undefined ? name === "question" : typeof text !== "string" || text.trim() === "")
      throw new UserError(`${file}: ${name} must be a text, received ${show(text)}`);
  const common = valuesOf(base, `${file}: base`);
  const all = variantsOf(varies, file);
  const networks = all.map((variant): OwnNetwork => {
    const name = nameOf(variant);
    return { name, config: configOf({ ...common, ...variant }, `${file}, ${cut(name)}`) };
  });
  const used = seedsOf(seeds, `${file}: seeds`);
  if (networks.length * used.length < 2 || networks.length * used.length > MOST)
    throw new UserError(
      `${file}: networks times seeds must be 2 to ${MOST.toLocaleString("en")} trainings, received ${networks.length} × ${used.length}`,
    );
  const name = plainName(file);
  return { name, question: question!, networks, seeds: used, metric, against };
}

/** Throws UserError, naming `subject`, for what is no object, and for a member that a file doesn't have. */
export function checkMembers(
  subject: string,
  given: unknown,
  known: readonly string[],
  aliases?: Readonly<Record<string, string>>,
): asserts given is object {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new UserError(`${subject}: must be an object of ${known.join(", ")}, received ${show(given)}`);
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known, aliases);
    throw new UserError(
      `${subject}: there is no option ${cut(key)}${meant ? `; did you mean ${meant}? The` : ": the"} options are ${known.join(", ")}`,
    );
  }
}

/** A file's name without its folder and ending, as that of a folder. Throws UserError where nothing is left. */
export function plainName(file: string): string {
  const name = file
    .replace(/^.*[/\\]/, "")
    .replace(/\.\w+$/, "")
    .replace(/^\.+/, "");
  if (name.trim() === "") throw new UserError(`${file}: needs a name before its ending, such as rates.mjs`);
  return name;
}

/** The config of options that are given as texts. Throws UserError, naming `subject`, for values that break a rule. */
export const configOf = (flags: ConfigFlags, subject: string): RunConfig =>
  resolveConfig(typed(flags, subject), subject);

/** What options say as they would be typed. Throws UserError that names their place in the file too. */
function typed(flags: ConfigFlags, where: string): object {
  try {
    return overlay(withUsual({}, flags), flags);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${where}: ${error.message}`) : error;
  }
}

function checkRecord(subject: string, given: unknown): asserts given is { readonly [option: string]: unknown } {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new UserError(`${subject} must be an object of options of train, received ${show(given)}`);
}

/** Options of train as texts, as they would be typed. Throws UserError for one that train hasn't, or that isn't a network's. */
export function valuesOf(given: unknown, subject: string): { readonly [option: string]: string } {
  const known = Object.values(sections).flatMap((section) => flagsOf(section).map(({ key }) => key));
  checkRecord(subject, given);
  return Object.fromEntries(
    Object.entries(given).map(([option, value]) => {
      if (ofMachine.includes(option))
        throw new UserError(`${subject}.${option}: is an option of the command or of the seeds, and none of a network`);
      if (!known.includes(option))
        throw new UserError(`${subject}: train has no option ${flagName(option)}${suggestion(option, known)}`);
      if (!["string", "number", "boolean"].includes(typeof value))
        throw new UserError(`${subject}.${option} must be a text, a number, true or false, received ${show(value)}`);
      return [option, String(value)];
    }),
  );
}

/** Each network's own options: all combinations of values, or those of a list. */
function variantsOf(varies: unknown, file: string): { readonly [option: string]: string }[] {
  const subject = `${file}: varies`;
  if (Array.isArray(varies)) {
    const variants = varies.map((variant, i) => valuesOf(variant, `${subject}[${i}]`));
    checkDistinct(variants.map(nameOf), subject);
    return variants;
  }
  checkRecord(subject, varies);
  const options = Object.entries(varies).map(([option, values]) => {
    if (!Array.isArray(values) || values.length === 0)
      throw new UserError(`${subject}.${option} must be a list of values, received ${show(values)}`);
    return values.map((value) => valuesOf({ [option]: value }, subject));
  });
  // Before they are made: a short file can ask for more than there is memory.
  const count = options.reduce((product, values) => product * values.length, 1);
  if (count > MOST)
    throw new UserError(
      `${subject}: there may be at most ${MOST.toLocaleString("en")} networks, received ${count.toLocaleString("en")}`,
    );
  const variants = options.reduce<{ readonly [option: string]: string }[]>(
    (all, values) => all.flatMap((before) => values.map((own) => ({ ...before, ...own }))),
    [{}],
  );
  checkDistinct(variants.map(nameOf), subject);
  return variants;
}

/** What a network is called: "rate 0.1, estimator disarm". */
export const nameOf = (variant: { readonly [option: string]: string }): string =>
  Object.entries(variant)
    .map(([option, value]) => `${flagName(option).slice(2)} ${value}`)
    .join(", ") || "base";

function checkDistinct(names: readonly string[], subject: string): void {
  if (names.length === 0) throw new UserError(`${subject} must name at least one network, received []`);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(`${subject}: networks must differ, ${cut(twice)} comes twice`);
}

/** Seeds, where a file says how many or which. */
export function seedsOf(given: unknown, subject: string): number[] {
  if (!Array.isArray(given)) {
    checkNumber(subject, given, { whole: true, atLeast: 1, atMost: MOST });
    return Array.from({ length: given }, (_, i) => i + 1);
  }
  for (const [i, seed] of given.entries())
    checkNumber(`${subject}[${i}]`, seed, { whole: true, atLeast: 0, below: 2 ** 32 });
  if (new Set(given).size < given.length) throw new UserError(`${subject} must differ, received ${given.join(", ")}`);
  return given;
}
