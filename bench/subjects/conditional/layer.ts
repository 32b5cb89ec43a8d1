import { median } from "../../../src/statistics/sample.ts";
import { Field } from "../../field.ts";
import type { Contestant } from "../../measure.ts";
import {
  type Conditional,
  conditional,
  conditionalCheck,
  conditionalFlops,
  openPairs,
} from "../../workloads/conditional.ts";
import { laneOf } from "../engine-lane.ts";
import type { Contest, Lane, SubjectOptions } from "../subject.ts";
import type { Taken } from "../turns.ts";
import { formsOf, layerEntries } from "./field.ts";
import { layerReport } from "./report.ts";
import { layerTasks } from "./sizes.ts";

/** Of PyTorch's lanes on as many threads as this one the fastest, in whatever form and setting. */
export function bestOfPyTorch({ lane }: Taken, all: readonly Taken[]): Taken | undefined {
  const theirs = all.filter(
    ({ lane: { engine, threads } }) => engine.startsWith("PyTorch") && threads === lane.threads,
  );
  const middle = ({ values }: Taken): number => median(values.get("")!);
  return theirs.sort((a, b) => middle(a) - middle(b))[0];
}

/** FLOP that a form does: of the open pairs, or of all. */
export const flopOf = (task: Conditional, form: string): number =>
  conditionalFlops(task, form.startsWith("dense") ? task.batch * task.blocks : openPairs(task));

interface Setting {
  part: string;
  seconds: number;
  /** The forms of a contestant; the first of ours is what the others are compared with. */
  formsOf: (name: string) => readonly string[];
  say: (line: string) => void;
}

/** Every contestant in every form, each checked against float64 before it is timed. A peer that is wrong is not timed. */
export async function layerContest(
  contestants: readonly Contestant[],
  task: Conditional,
  { part, seconds, formsOf, say }: Setting,
): Promise<Contest> {
  const check = conditionalCheck(task);
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    let counted = false;
    for (const form of formsOf(contestant.name)) {
      try {
        const { cpuSeconds, ...lane } = await laneOf(contestant, { task, form, check, seconds });
        // All forms run in one process, whose processor time is to be counted once.
        lanes.push({ ...lane, flop: flopOf(task, form), ...(!counted && cpuSeconds && { cpuSeconds }) });
        counted = true;
      } catch (error) {
        if (contestant.role === "own") throw error;
        say(`left out: ${(error as Error).message.split("\n", 1)[0]}`);
      }
    }
  }
  return {
    workload: `conditional ${conditional.size(task)}`,
    unit: conditional.unit(task),
    better: conditional.better,
    base: formsOf("heaviside")[0]!,
    lanes,
    rivals: (own, all) => (own.lane.engine.startsWith("heaviside") ? [bestOfPyTorch(own, all) ?? []].flat() : []),
    task: { ...taskOf(task), part },
    report: layerReport,
  };
}

/** What the rows of a layer's contest say of it. */
export function taskOf(task: Conditional): Readonly<Record<string, number | string>> {
  const { kind, ...sizes } = task;
  return { ...sizes, pairs: openPairs(task) };
}

/** Contests one after another in one field, each cleared away when the next is asked for. */
export async function* inTurn<T>(field: Field, tasks: readonly T[], contest: (task: T) => Promise<Contest>) {
  for (const task of tasks) {
    yield await contest(task);
    for (const { process } of field.contestants) await process.request("close", {});
  }
}

/** Densities at which skipping must win, and those at which it must not lose. */
const densities = [0.1, 0.05, 0.02, 0.5, 0.8, 1];

/** Skipping beside everybody's other ways of working a layer out. */
export async function* layer({ seconds, lists, ...options }: SubjectOptions, say: (line: string) => void) {
  const tasks = layerTasks({ density: densities, ...lists });
  const field = new Field();
  try {
    await field.start(layerEntries(options), say);
    const setting = { part: "layer", seconds, formsOf, say };
    yield* inTurn(field, tasks, (task) => layerContest(field.contestants, task, setting));
  } finally {
    await field.stop();
  }
}
