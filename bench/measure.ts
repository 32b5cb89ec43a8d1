import { machineSeconds, othersBetween, type Reading } from "./load.ts";
import type { EngineProcess } from "./protocol.ts";
import { workloadOf } from "./workloads/index.ts";
import type { Task } from "./workloads/workload.ts";

/** An engine that takes part: its process, and what its rows are called. */
export interface Contestant {
  name: string;
  threads: number;
  process: Pick<EngineProcess, "request">;
}

/** One value a round, in the workload's unit. */
export interface Series {
  name: string;
  threads: number;
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
  contestant: Contestant;
  series: Series;
  value(workPerSecond: number): number;
}

export interface Pace {
  seconds: number;
  rounds: number;
}

/** Verifies every engine, then times them in turns, round by round. */
export async function measure(
  task: Task,
  contestants: readonly Contestant[],
  ceilings: readonly Contestant[],
  { seconds, rounds }: Pace,
  progress: (text: string) => void = () => {},
): Promise<Measurement> {
  const workload = workloadOf(task);
  const failures: string[] = [];
  progress("working out what is right");
  const check = workload.checker(task);
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    progress(`${contestant.name} is set up and checked`);
    const series = await open(contestant, task, check, failures);
    if (series) lanes.push({ contestant, series, value: (rate) => workload.value(task, rate) });
  }
  const own = lanes.map((lane) => lane.series);
  const bounds: Series[] = [];
  const bound = workload.ceiling;
  if (bound) {
    const loop = bound.loop(task);
    for (const contestant of ceilings) {
      const series = await open(contestant, loop, workloadOf(loop).checker(loop), failures);
      if (!series) continue;
      series.name = `ceiling ${workloadOf(loop).name(loop)}`;
      bounds.push(series);
      lanes.push({ contestant, series, value: (rate) => bound.value(task, rate) });
    }
  }
  const slice = async ({ contestant, value }: Lane, length: number) => {
    const done = await contestant.process.request("slice", { seconds: length });
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
  for (const { contestant } of lanes) await contestant.process.request("close", {});
  return { task, series: own, ceilings: bounds, others, failures };
}

/** Sets the task up and checks the evidence; a failure is noted, and the engine sits this workload out. */
async function open(
  { name, threads, process }: Contestant,
  task: Task,
  check: (evidence: readonly number[]) => void,
  failures: string[],
): Promise<Series | undefined> {
  try {
    const { evidence } = await process.request("open", { task });
    try {
      check(evidence);
      return { name, threads, values: [] };
    } catch (error) {
      await process.request("close", {});
      throw new Error(`${name} is wrong: ${(error as Error).message}`);
    }
  } catch (error) {
    failures.push((error as Error).message);
    return undefined;
  }
}

async function reading(lanes: readonly Lane[]): Promise<Reading | undefined> {
  const machine = machineSeconds();
  if (machine === undefined) return undefined;
  const { user, system } = process.cpuUsage();
  let own = (user + system) * 1e-6;
  for (const { contestant } of lanes) own += (await contestant.process.request("usage", {})).cpuSeconds;
  return { time: performance.now() / 1000, machine, own };
}
