import { setTimeout as sleep } from "node:timers/promises";
import { machineSeconds, othersBetween, type Reading } from "../src/measure/load.ts";
import type { Role } from "./contestants.ts";
import type { EngineProcess } from "./protocol.ts";
import { type Ceiling, type CeilingKind, hasLoop } from "./workloads/ceiling.ts";
import { workloadOf } from "./workloads/index.ts";
import type { Task } from "./workloads/workload.ts";

/** An engine that takes part: its process, and what is said of it. */
export interface Contestant {
  name: string;
  role: Role;
  threads: number;
  /** Version, instruction set, settings: as the engine says it. */
  note: string;
  /** The limit that its arithmetic has; of a ceiling, the one that it measures. */
  ceiling?: CeilingKind;
  process: Pick<EngineProcess, "request">;
}

/** One value a round, in the workload's unit. */
export interface Series extends Omit<Contestant, "process"> {
  values: number[];
}

export interface Measurement {
  task: Task;
  series: Series[];
  ceilings: Series[];
  /** Cores that others kept busy in each round; empty where the system doesn't tell. */
  others: number[];
  /** Engines that could not run it, or ran it wrongly. */
  failures: string[];
}

/** A place in the round: a contestant with a workload open, and how its work counts. */
interface Lane {
  process: Contestant["process"];
  series: Series;
  value(workPerSecond: number): number;
}

export interface Pace {
  /** Length of one measurement. */
  seconds: number;
  rounds: number;
}

/** Seconds before each measurement, in which threads of the engine before it stop spinning. */
const REST = 0.03;

/** Verifies every engine, then times them in turns, round by round. */
export async function measure(
  task: Task,
  contestants: readonly Contestant[],
  { seconds, rounds }: Pace,
  progress: (text: string) => void = () => {},
): Promise<Measurement> {
  const workload = workloadOf(task);
  const failures: string[] = [];
  progress("working out what is right");
  const check = workload.checker(task);
  const lanes: Lane[] = [];
  const enter = async (contestant: Contestant, opened: Task, judge: typeof check, value: Lane["value"]) => {
    progress(`${contestant.name} is set up and checked`);
    if (!(await open(contestant, opened, judge, failures))) return [];
    const { process, ...said } = contestant;
    const series = { ...said, values: [] };
    lanes.push({ process, series, value });
    return [series];
  };
  const own: Series[] = [];
  const bounds: Series[] = [];
  for (const contestant of contestants) {
    const fits = task.kind === "ceiling" ? gives(contestant, task) : contestant.role !== "ceiling";
    if (fits) own.push(...(await enter(contestant, task, check, (rate) => workload.value(task, rate))));
  }
  const bound = workload.ceiling;
  if (bound) {
    const loop = bound.loop(task);
    const judge = workloadOf(loop).checker(loop);
    for (const contestant of contestants.filter((each) => gives(each, loop)))
      bounds.push(...(await enter(contestant, loop, judge, (rate) => bound.value(task, rate))));
  }
  const slice = async ({ process, value }: Lane, length: number) => {
    await sleep(1000 * REST);
    const done = await process.request("slice", { seconds: length });
    return value(done.work / done.seconds);
  };
  for (const lane of lanes) await slice(lane, Math.min(seconds, 0.2));
  const others: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    const before = await reading(lanes);
    for (const lane of lanes) lane.series.values.push(await slice(lane, seconds));
    const after = await reading(lanes);
    if (before && after) others.push(othersBetween(before, after));
  }
  for (const { process } of lanes) await process.request("close", {});
  return { task, series: own, ceilings: bounds, others, failures };
}

/** Whether the contestant measures the limit that this loop has. */
function gives({ role, ceiling }: Contestant, { loop }: Ceiling): boolean {
  return role === "ceiling" && hasLoop(ceiling!, loop);
}

/** Sets the task up and checks the evidence; a failure is noted, and the engine sits this workload out. */
async function open(
  { name, process }: Contestant,
  task: Task,
  check: (evidence: readonly number[]) => void,
  failures: string[],
): Promise<boolean> {
  try {
    const { evidence } = await process.request("open", { task });
    try {
      check(evidence);
      return true;
    } catch (error) {
      await process.request("close", {});
      throw new Error(`${name} is wrong: ${(error as Error).message}`);
    }
  } catch (error) {
    failures.push((error as Error).message);
    return false;
  }
}

async function reading(lanes: readonly Lane[]): Promise<Reading | undefined> {
  const machine = machineSeconds();
  if (machine === undefined) return undefined;
  const { user, system } = process.cpuUsage();
  let own = (user + system) * 1e-6;
  for (const lane of lanes) own += (await lane.process.request("usage", {})).cpuSeconds;
  return { time: performance.now() / 1000, machine, own };
}
