import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant } from "../measure.ts";
import { workloadOf } from "../workloads/index.ts";
import type { Task } from "../workloads/workload.ts";
import type { Lane } from "./subject.ts";

/** Seconds before each measurement, in which threads of the engine before it stop spinning. */
const REST = 0.03;

export interface LaneOptions {
  task: Task;
  /** Which of the engine's ways of doing it, and what sets the lane apart. */
  form?: string;
  check(evidence: readonly number[]): void;
  seconds: number;
  /** A rate of runs in the lane's unit; the workload's own when left out. */
  value?(runsPerSecond: number): number;
}

/** A lane of an engine that has a process of its own: the task is opened and checked, and throws unless it is right. */
export async function laneOf(
  { name, threads, note, process }: Contestant,
  { task, form, check, seconds, value = (rate) => workloadOf(task).value(task, rate) }: LaneOptions,
): Promise<Lane> {
  const way = form === undefined ? {} : { form };
  const { evidence } = await process.request("open", { task, ...way });
  try {
    check(evidence);
  } catch (error) {
    throw new Error(`${[name, form].filter(Boolean).join(", ")} is wrong: ${(error as Error).message}`);
  }
  return {
    ...{ engine: name, threads, note, ...(form !== undefined && { setting: form }) },
    async take() {
      await sleep(1000 * REST);
      const done = await process.request("slice", { seconds, ...way });
      return value(done.work / done.seconds);
    },
    cpuSeconds: async () => (await process.request("usage", {})).cpuSeconds,
  };
}
