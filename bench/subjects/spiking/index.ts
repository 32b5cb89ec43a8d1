import { type Entry, ownEntries, peerEntries } from "../../contestants.ts";
import { Field } from "../../field.ts";
import type { Contestant } from "../../measure.ts";
import { type Spiking, spikesOf, spikingFlops, spiking as workload } from "../../workloads/spiking.ts";
import { bestOfPyTorch, inTurn } from "../conditional/layer.ts";
import { shares, wholeNumbers } from "../conditional/sizes.ts";
import { laneOf } from "../engine-lane.ts";
import type { Contest, Lane, Subject, SubjectOptions } from "../subject.ts";
import { spikingReport } from "./report.ts";
import { spikingTasks } from "./sizes.ts";

/** The forms of a contestant, the first of which is the dense product. */
export const formsOf = (engine: string): readonly string[] =>
  engine.startsWith("heaviside") ? ["dense", "skip"] : engine === "PyTorch" ? ["dense", "gather"] : [];

type Asked = Pick<SubjectOptions, "backends" | "threads" | "peers" | "python">;

export function spikingEntries({ backends, threads, peers, python }: Asked): Entry[] {
  const own = ownEntries({ backends, threads, backendsAsked: true });
  const others = peers ? peerEntries({ threads }, python).filter(({ name }) => formsOf(name).length > 0) : [];
  return [...own, ...others];
}

/** Every contestant in each of its forms, all checked against float64 before they are timed. A peer that is wrong takes no part. */
async function contestOf(
  contestants: readonly Contestant[],
  task: Spiking,
  seconds: number,
  say: (line: string) => void,
): Promise<Contest> {
  const check = workload.checker(task);
  const lanes: Lane[] = [];
  for (const contestant of contestants)
    for (const [at, form] of formsOf(contestant.name).entries())
      try {
        const { cpuSeconds, ...lane } = await laneOf(contestant, { task, form, check, seconds });
        const rows = at === 0 ? task.batch * task.units : spikesOf(task);
        // Both forms run in one process, whose processor time is to be counted once.
        lanes.push({ ...lane, flop: spikingFlops(task, rows), ...(at === 0 && cpuSeconds && { cpuSeconds }) });
      } catch (error) {
        if (contestant.role === "own") throw error;
        say(`takes no part: ${(error as Error).message.split("\n", 1)[0]}`);
      }
  const { kind: _, ...sizes } = task;
  return {
    workload: `${workload.name(task)} ${workload.size(task)}`,
    ...{ unit: workload.unit(task), better: workload.better, base: "dense", lanes },
    rivals: (own, all) => (own.lane.engine.startsWith("heaviside") ? [bestOfPyTorch(own, all) ?? []].flat() : []),
    task: { ...sizes, spikes: spikesOf(task) },
    report: spikingReport,
  };
}

/** What silence is worth: the recurrent product of a spiking layer, over the share of units that fire. */
export const spiking: Subject = {
  example: "spiking --units 1024 --activity 0.02 --peers",
  about:
    "a layer of spiking neurons that hear each other, which skips silent ones, beside its dense form, over the share that fires",
  usual: { backends: ["native", "wasm"], threads: [1, 2], seconds: 0.3, peers: false },
  lists: { batch: wholeNumbers, length: wholeNumbers, units: wholeNumbers, activity: shares },
  async *contests({ lists, seconds, ...options }, say) {
    const field = new Field();
    try {
      await field.start(spikingEntries(options), say);
      yield* inTurn(field, spikingTasks(lists), (task) => contestOf(field.contestants, task, seconds, say));
    } finally {
      await field.stop();
    }
  },
};
