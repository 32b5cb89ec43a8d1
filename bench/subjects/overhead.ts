import { ownEntries, peerEntries } from "../contestants.ts";
import { Field } from "../field.ts";
import { workloadOf } from "../workloads/index.ts";
import { parseTrainingStep } from "../workloads/training-step.ts";
import { laneOf } from "./engine-lane.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

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
          const value = (runsPerSecond: number) => 1e6 / runsPerSecond;
          for (const contestant of field.contestants)
            lanes.push(await laneOf(contestant, { task, check, seconds, value }));
          const title = `overhead ${workload.name(task)} ${workload.size(task)}`;
          yield { workload: title, unit: "µs", better: "less", lanes };
          for (const { process } of field.contestants) await process.request("close", {});
        }
    } finally {
      await field.stop();
    }
  },
};
