import { setTimeout as sleep } from "node:timers/promises";
import { ownEntries, peerEntries } from "../contestants.ts";
import { Field } from "../field.ts";
import type { Contestant } from "../measure.ts";
import { workloadOf } from "../workloads/index.ts";
import { parseTrainingStep } from "../workloads/training-step.ts";
import type { Task } from "../workloads/workload.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

/** Seconds before each measurement, in which threads of the engine before it stop spinning. */
const REST = 0.03;

/** The engine with the task open and checked: microseconds a run. */
export async function laneOf(
  { name, threads, note, process }: Contestant,
  task: Task,
  check: (evidence: readonly number[]) => void,
  seconds: number,
): Promise<Lane> {
  check((await process.request("open", { task })).evidence);
  return {
    ...{ engine: name, threads, note },
    async take() {
      await sleep(1000 * REST);
      const done = await process.request("slice", { seconds });
      return (1e6 * done.seconds) / done.work;
    },
    cpuSeconds: async () => (await process.request("usage", {})).cpuSeconds,
  };
}

/** What a call costs where there is little to compute: small networks on one example at a time. */
export const overhead: Subject = {
  example: "overhead 784-32-10 --peers",
  about: "microseconds of a forward pass and of a training step with momentum, of one example",
  usual: { sizes: ["784-32-10"], backends: ["native", "wasm"], threads: [1], seconds: 0.3, peers: false },
  async *contests({ sizes, backends, threads, seconds, peers, python }, say): AsyncGenerator<Contest> {
    const steps = sizes.map((size) => parseTrainingStep(size, 1, false));
    const field = new Field();
    try {
      const options = { backends, threads, backendsAsked: true };
      await field.start([...ownEntries(options), ...(peers ? peerEntries(options, python) : [])], say);
      for (const step of steps)
        for (const task of [{ kind: "forward", units: step.units, batch: 1 } as const, step]) {
          const workload = workloadOf(task);
          const check = workload.checker(task);
          const lanes: Lane[] = [];
          for (const contestant of field.contestants) lanes.push(await laneOf(contestant, task, check, seconds));
          const title = `overhead ${workload.name(task)} ${workload.size(task)}`;
          yield { workload: title, unit: "µs", better: "less", lanes };
          for (const { process } of field.contestants) await process.request("close", {});
        }
    } finally {
      await field.stop();
    }
  },
};
