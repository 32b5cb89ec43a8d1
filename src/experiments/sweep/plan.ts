import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { SweepFile, Value } from "../../compare/index.ts";
import type { RunConfig } from "../../config/index.ts";
import { UserError } from "../../errors.ts";
import { crc32 } from "../../formats/crc32.ts";
import { checkChoice, checkNumber, show } from "../../rules.ts";
import { checkMembers, configOf, nameOf, plainName, seedsOf, valuesOf } from "../own/file.ts";
import { readGiven } from "../own/load.ts";
import { type Sources, sourcesOf } from "../own/sources.ts";
import { type Halving, halvingOf } from "./halving.ts";
import { pointsOf, type SearchName, searches } from "./search.ts";
import { type Shard, sizeOf } from "./shard.ts";
import { checkSpace, gridSize, type Point, type Space, valuesAt } from "./space.ts";

/** What a sweep's file asks, checked. */
export interface SweepPlan {
  /** The file's name without its folder and ending. */
  readonly name: string;
  readonly question: string;
  readonly search: SearchName;
  readonly space: Space;
  /** Points of the space. Each is tried with each seed. */
  readonly points: number;
  readonly seeds: readonly number[];
  /** Of what is drawn in the search. */
  readonly seed: number;
  /** What is compared; undefined: what selects the epoch. */
  readonly metric: string | undefined;
  readonly halving: Halving | undefined;
  readonly work: Work;
  /** Where only a part of the trials is run. */
  readonly shard?: Shard;
}

/** What a trial does: it trains a network, or calls a function of the file. */
export type Work =
  | { readonly kind: "train"; readonly base: Point }
  | {
      readonly kind: "objective";
      readonly url: string;
      /** What the function's value depends on; undefined where that isn't known. */
      readonly files?: Sources;
      /** Members of the file whose number may become larger: points and seeds that it gives. */
      readonly counts?: readonly string[];
    };

/** One point with one seed. */
export interface Trial {
  /** From 0. */
  readonly number: number;
  /** Tells it from all others, and is the same wherever it runs: the number, and a checksum of what it does. */
  readonly id: string;
  /** Its options that vary: "rate 0.1, estimator disarm". */
  readonly name: string;
  readonly point: Point;
  /** For a function: the point's values as the file has them. */
  readonly values?: { readonly [option: string]: Value };
  readonly seed: number;
}

/** Trials of one sweep. */
const MOST = 1_000_000;

/** The sweep that a file exports as its default, or that it is as JSON. Throws UserError where it isn't as it must be, or can't be read. */
export async function readSweep(path: string): Promise<SweepPlan> {
  const given = await readGiven("sweep", path);
  const { work, ...plan } = sweepOf(given, path);
  if (work.kind === "train") return { ...plan, work };
  const counts = ["points", "seeds"].filter((name) => Object.hasOwn(given as object, name));
  return { ...plan, work: { ...work, files: await sourcesOf(path, counts), counts } };
}

/** Throws UserError, naming the file, for a mistake in it. */
export function sweepOf(given: unknown, file: string): SweepPlan {
  const known = ["question", "base", "space", "search", "points", "seeds", "seed", "metric", "halving", "objective"];
  checkMembers(file, given, known);
  const { question, base = {}, space, seeds = 1, seed = 1, metric, halving, ...rest } = given as GivenSweep;
  for (const [name, text] of Object.entries({ question, metric }))
    if (text !== undefined && (typeof text !== "string" || text.trim() === ""))
      throw new UserError(`${file}: ${name} must be a text, received ${show(text)}`);
  checkSpace(space, `${file}: space`);
  checkNumber(`${file}: seed`, seed, { whole: true, atLeast: 0, below: 2 ** 32 });
  const { search = gridSize(space) === undefined ? "sobol" : "grid", points, objective } = rest;
  checkChoice(`${file}: search`, search, Object.keys(searches) as SearchName[]);
  if (points !== undefined) checkNumber(`${file}: points`, points, { whole: true, atLeast: 1, atMost: MOST });
  const plan = {
    ...{
      name: plainName(file),
      question: question ?? `Which of the values of ${Object.keys(space).join(", ")} is best?`,
    },
    ...{
      search,
      space,
      seed,
      metric,
      points: pointsOf(file, space, search, points),
      seeds: seedsOf(seeds, `${file}: seeds`),
    },
  };
  if (plan.points * plan.seeds.length > MOST)
    throw new UserError(
      `${file}: points times seeds must be at most ${MOST.toLocaleString("en")} trials, received ${plan.points} × ${plan.seeds.length}`,
    );
  if (objective !== undefined)
    return { ...plan, halving: undefined, work: workOf(objective, { file, base, metric, halving }) };
  const work = { kind: "train", base: valuesOf(base, `${file}: base`) } as const;
  const twice = Object.keys(space).find((option) => Object.hasOwn(work.base, option));
  if (twice !== undefined)
    throw new UserError(`${file}: space.${twice}: ${twice} is in base, too: omit it in one of them`);
  checkEnds(work.base, space, file);
  if (halving !== undefined && plan.seeds.length > 1)
    throw new UserError(`${file}: halving compares points by one seed each, received ${plan.seeds.length} seeds`);
  const { epochs } = trainingOf(work.base, trialOf({ ...plan, halving: undefined, work }, 0).point, file).training;
  if (halving !== undefined && epochs === undefined)
    throw new UserError(`${file}: halving counts epochs: give the length of a training in epochs, and not in steps`);
  return {
    ...plan,
    work,
    halving: epochs === undefined || halving === undefined ? undefined : halvingOf(`${file}: halving`, halving, epochs),
  };
}

/** A file's keys: these are checked where they are used. */
type GivenSweep = Partial<Omit<SweepFile, Unchecked>> & { readonly [key in Unchecked]?: unknown };
type Unchecked = "space" | "halving" | "objective";

/** The function of a file. Workers load the file again: a JSON file has none, and it needs no options of a training. */
function workOf(
  objective: unknown,
  {
    file,
    ...ofTraining
  }: { readonly file: string; readonly base: object; readonly metric: string | undefined; readonly halving: unknown },
): Work {
  if (typeof objective !== "function")
    throw new UserError(`${file}: objective must be a function of a point and a seed, received ${show(objective)}`);
  const given = { ...ofTraining, base: Object.keys(ofTraining.base).length > 0 || undefined };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (option !== undefined)
    throw new UserError(`${file}: ${option} is of trainings, and objective is no training: omit one`);
  return { kind: "objective", url: pathToFileURL(resolve(file)).href };
}

/** Each list's values and each range's ends are options of train, beside the others as they are in the first point: said before any trial. */
function checkEnds(base: Point, space: Space, file: string): void {
  const ends = Object.values(space).map((dimension) =>
    "from" in dimension ? [dimension.from, dimension.to] : dimension,
  );
  const first = Object.fromEntries(Object.keys(space).map((option, i) => [option, ends[i]![0]!]));
  for (const [i, option] of Object.keys(space).entries())
    for (const value of ends[i]!) {
      const point = valuesOf({ ...first, [option]: value }, `${file}: space`);
      try {
        trainingOf(base, point, `${file}: space.${option}`);
      } catch (error) {
        throw error instanceof UserError ? placed(error, { file, option, base, space }) : error;
      }
    }
}

/** The same mistake at the option of the file that it is about, without the path that it has in a config. */
function placed(
  { message }: UserError,
  { file, option, base, space }: { file: string; option: string; base: Point; space: Space },
): UserError {
  const before = `${file}: space.${option}: `;
  const said = message.startsWith(before) ? message.slice(before.length) : message;
  const [, path = "", rule] = /^((?:--)?[\w-]+(?:\.[\w-]+)*): (.*)$/s.exec(said) ?? [];
  const names = path.split(".").map((name) => name.replace(/^--/, "").replaceAll(/-(\w)/g, (_, a) => a.toUpperCase()));
  const own = names.findLast((name) => Object.hasOwn(space, name) || Object.hasOwn(base, name));
  if (own === undefined) return new UserError(message);
  return new UserError(`${file}: ${Object.hasOwn(space, own) ? "space" : "base"}.${own}: ${rule}`);
}

/** The config of a point. Throws UserError, naming `subject`, where train wouldn't take it. */
export const trainingOf = (base: Point, point: Point, subject: string): RunConfig =>
  configOf({ ...base, ...point }, subject);

/** How many trials a plan has; of a shard, its own. */
export const trialsIn = ({ points, seeds, shard }: Pick<SweepPlan, "points" | "seeds" | "shard">): number =>
  shard ? sizeOf(points * seeds.length, shard) : points * seeds.length;

/** The numbers of a plan's trials; of a shard, of its own. */
export const numbersOf = (plan: Pick<SweepPlan, "points" | "seeds" | "shard">): number[] => {
  const { index, of } = plan.shard ?? { index: 0, of: 1 };
  return Array.from({ length: trialsIn(plan) }, (_, i) => index + i * of);
};

/** How the points of a space are found, made once for each: a sweep may have a million trials. */
const pointsIn = new WeakMap<Space, Map<string, (index: number) => Point>>();

function pointOf({ search, space, seed }: Pick<SweepPlan, "search" | "space" | "seed">, index: number): Point {
  const made = pointsIn.get(space) ?? new Map<string, (index: number) => Point>();
  pointsIn.set(space, made);
  const key = `${search} ${seed}`;
  const points = made.get(key) ?? searches[search].points(space, seed);
  made.set(key, points);
  return points(index);
}

/** The trial of a number from 0 on: all points with the first seed, then all with the second. */
export function trialOf(plan: SweepPlan, number: number): Trial {
  const { space, seeds, points, work } = plan;
  const point = pointOf(plan, number % points);
  const seed = seeds[Math.floor(number / points)]!;
  const does = JSON.stringify([work.kind === "train" ? work.base : "objective", point, seed]);
  const sum = crc32(new TextEncoder().encode(does)).toString(16).padStart(8, "0");
  const name = nameOf(point);
  return {
    ...{ number, id: `${number}-${sum}`, point, seed, name: seeds.length > 1 ? `${name}, seed ${seed}` : name },
    ...(work.kind === "objective" && { values: valuesAt(space, point) }),
  };
}

/** What the record of a trial at a rung is kept by. */
export const recordId = ({ halving }: SweepPlan, { id }: Trial, rung: number): string =>
  halving ? `${id}@${halving.rungs[rung]}` : id;

/** A plan as JSON without the place of its file, which may be another one on another machine. */
export const withoutPlace = <P extends object>(plan: P): P & { readonly work: object } => {
  const { url: _, ...work } = (plan as { readonly work?: { readonly url?: unknown } }).work ?? {};
  return { ...plan, work };
};

/**
 * Whether a sweep that was begun may go on by another plan, both as JSON: points or seeds are added, and no trial becomes another one. Trials are numbered
 * by seed and point, so that points can be added where there was one seed, and seeds where the points stay.
 */
export function isExtension(before: object, now: object): boolean {
  const [old, own] = [before, now].map((plan) => JSON.parse(JSON.stringify(withoutPlace(plan))) as Partial<SweepPlan>);
  const { points = 0, seeds, ...rest } = old!;
  const { points: more = 0, seeds: further, ...others } = own!;
  if (JSON.stringify(rest) !== JSON.stringify(others) || !Array.isArray(seeds) || !further) return false;
  const isSameStart = seeds.every((seed, i) => seed === further[i]);
  return isSameStart && (seeds.length === 1 ? more >= points : more === points);
}
