import { show } from "../../rules.ts";
import type { Misfit } from "../engine/records.ts";
import { numbersOf, recordId, type SweepPlan, trialOf } from "./plan.ts";

const numbers = ["value", "seconds"] as const;
const texts = ["by", "metric", "unit"] as const;

/** Tells which records aren't a plan's: those of another sweep, or of nobody. */
export function misfitOf(plan: SweepPlan): Misfit {
  const own = plan.shard ? new Set(numbersOf(plan)) : undefined;
  const trials = plan.points * plan.seeds.length;
  const rungs = plan.halving?.rungs.length ?? 1;
  return (id, record) => {
    const { trial: number, rung, point, seed } = record as { [key: string]: unknown };
    if (!isBelow(trials, number) || (own && !own.has(number)))
      return `must be of a trial of this sweep, which has no trial ${show(number)}`;
    if (!isBelow(rungs, rung)) return `must have a rung of this sweep, which are 0 to ${rungs - 1}, has ${show(rung)}`;
    const trial = trialOf(plan, number);
    if (seed !== trial.seed || !isSame(point, trial.point))
      return `must be of this sweep, whose trial ${number} is ${trial.name}: it has ${show(point)}, seed ${show(seed)}`;
    const known = recordId(plan, trial, rung);
    if (id !== known) return `must be of this sweep, whose trial ${number} has the id ${known}, it has ${show(id)}`;
    return outcomeMisfit(record);
  };
}

const isBelow = (most: number, value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < most;

const isSame = (point: unknown, wanted: { readonly [option: string]: string }): boolean =>
  typeof point === "object" &&
  point !== null &&
  Object.keys(point).length === Object.keys(wanted).length &&
  Object.entries(wanted).every(([option, value]) =>
    Object.entries(point).some(([o, v]) => o === option && v === value),
  );

function outcomeMisfit(record: object): string | undefined {
  const found = record as { readonly [key: string]: unknown };
  if (typeof found.name !== "string") return `must have the trial's name, has ${show(found.name)}`;
  if (found.state === "failed")
    return typeof found.error === "string" ? undefined : `must say why the trial failed, has ${show(found.error)}`;
  if (found.state !== "done" && found.state !== "paused")
    return `must be of a trial that is done, paused or failed, is ${show(found.state)}`;
  const number = numbers.find((key) => typeof found[key] !== "number");
  if (number !== undefined) return `must have a number as ${number}, has ${show(found[number])}`;
  const text = texts.find((key) => typeof found[key] !== "string");
  if (text !== undefined) return `must have a text as ${text}, has ${show(found[text])}`;
  return found.better === "lower" || found.better === "higher" ? undefined : `must say which values are better`;
}
