import type { Field } from "../../field.ts";
import { median } from "../../statistics.ts";
import { type Conditional, conditional, conditionalFlops, openPairs } from "../../workloads/conditional.ts";
import { laneOf } from "../engine-lane.ts";
import type { Contest, Lane } from "../subject.ts";
import type { Taken } from "../turns.ts";
import { formsOf } from "./field.ts";
import { layerReport } from "./report.ts";

/** Of PyTorch's lanes on as many threads as this one the fastest, in whatever form and setting. */
export function bestOfPyTorch({ lane }: Taken, all: readonly Taken[]): Taken | undefined {
  const theirs = all.filter(
    ({ lane: { engine, threads } }) => engine.startsWith("PyTorch") && threads === lane.threads,
  );
  const middle = ({ values }: Taken): number => median(values.get("")!);
  return theirs.sort((a, b) => middle(a) - middle(b))[0];
}

/** Every contestant in every form, each checked against float64 before it is timed. */
export async function layerContest(
  { contestants }: Field,
  task: Conditional,
  seconds: number,
  part: "layer" | "scaling",
  say: (line: string) => void,
): Promise<Contest> {
  const check = conditional.checker(task);
  const pairs = openPairs(task);
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    let counted = false;
    for (const form of formsOf(contestant.name)) {
      try {
        const { cpuSeconds, ...lane } = await laneOf(contestant, { task, form, check, seconds });
        const done = form === "dense" ? task.batch * task.blocks : pairs;
        // Both forms run in one process, whose processor time is to be counted once.
        lanes.push({ ...lane, flop: conditionalFlops(task, done), ...(!counted && cpuSeconds && { cpuSeconds }) });
        counted = true;
      } catch (error) {
        if (contestant.role === "own") throw error;
        say(`left out: ${(error as Error).message.split("\n", 1)[0]}`);
      }
    }
  }
  const { kind, ...sizes } = task;
  return {
    workload: `${kind} ${conditional.size(task)}`,
    unit: conditional.unit(task),
    better: conditional.better,
    base: "dense",
    lanes,
    rivals: (own, all) => (own.lane.engine.startsWith("heaviside") ? [bestOfPyTorch(own, all) ?? []].flat() : []),
    task: { part, ...sizes, pairs },
    report: layerReport,
  };
}
