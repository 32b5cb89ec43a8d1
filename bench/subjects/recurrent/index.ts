import { Field } from "../../field.ts";
import type { Contestant } from "../../measure.ts";
import { type Recurrent, recurrentFlops, recurrent as workload } from "../../workloads/recurrent.ts";
import { inTurn } from "../conditional/layer.ts";
import { wholeNumbers } from "../conditional/sizes.ts";
import { laneOf } from "../engine-lane.ts";
import type { Contest, Lane, Subject } from "../subject.ts";
import type { Taken } from "../turns.ts";
import { recurrentEntries, takesPart } from "./field.ts";
import { recurrentReport } from "./report.ts";
import { recurrentTasks } from "./sizes.ts";

/** Of every peer the lane with as many threads as ours, or else with the most below that. */
export function rivalsOf({ lane }: Taken, all: readonly Taken[]): Taken[] {
  if (!isOwn(lane)) return [];
  const best = new Map<string, Taken>();
  for (const other of all) {
    const { engine, threads } = other.lane;
    if (isOwn(other.lane) || threads > lane.threads) continue;
    if (threads > (best.get(engine)?.lane.threads ?? 0)) best.set(engine, other);
  }
  return [...best.values()];
}

const isOwn = ({ engine }: Lane): boolean => engine.startsWith("heaviside");

/** Every contestant that has this pass, each checked against float64 before it is timed. A peer that is wrong takes no part. */
async function contestOf(
  contestants: readonly Contestant[],
  task: Recurrent,
  seconds: number,
  say: (line: string) => void,
): Promise<Contest> {
  const check = workload.checker(task);
  const lanes: Lane[] = [];
  for (const contestant of contestants.filter(({ name }) => takesPart(name, task)))
    try {
      lanes.push({ ...(await laneOf(contestant, { task, check, seconds })), flop: recurrentFlops(task) });
    } catch (error) {
      if (contestant.role === "own") throw error;
      say(`takes no part: ${(error as Error).message.split("\n", 1)[0]}`);
    }
  const { kind: _, ...sizes } = task;
  return {
    workload: `${workload.name(task)} ${workload.size(task)}`,
    ...{ unit: workload.unit(task), better: workload.better, lanes, rivals: rivalsOf },
    task: sizes,
    report: recurrentReport,
  };
}

/** What a recurrent layer costs, in training and in inference. */
export const recurrent: Subject = {
  example: "recurrent --cell lstm --batch 32 --length 100 --input 28 --units 128 --peers",
  about:
    "a training step with Adam, and inference, of a recurrent layer; sizes by name: rows, pixels, single, wide, images, quick",
  usual: { sizes: [], cell: "lstm", backends: ["native", "wasm"], threads: [1, 2], seconds: 0.5, peers: false },
  lists: { batch: wholeNumbers, length: wholeNumbers, input: wholeNumbers, units: wholeNumbers },
  async *contests({ sizes, cell = "lstm", lists, seconds, ...options }, say) {
    const tasks = recurrentTasks(sizes, cell, lists);
    const field = new Field();
    try {
      await field.start(recurrentEntries(options), say);
      yield* inTurn(field, tasks, (task) => contestOf(field.contestants, task, seconds, say));
    } finally {
      await field.stop();
    }
  },
};
