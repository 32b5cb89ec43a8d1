import { leaves } from "../../src/entries/engine.ts";
import type { NdArray, OptimizerConfig } from "../../src/index.ts";
import type { Fusion } from "../../src/plan/fusion.ts";
import { fusions } from "../../src/plan/fusion.ts";
import { parseTrainingStep, type TrainingStep } from "../workloads/training-step.ts";
import { type Evidence, startBackend, Training } from "./network.ts";
import type { Contest, Subject } from "./subject.ts";

const EVERYTHING = "everything";

/** What is planned, by the words of the table: all fusions, all but one, none. */
const settings: Readonly<Record<string, readonly Fusion[]>> = {
  [EVERYTHING]: [],
  ...Object.fromEntries(fusions.map((fusion) => [`without ${fusion}`, [fusion]])),
  "without any": fusions,
};

const optimizers: readonly OptimizerConfig["name"][] = ["sgd", "momentum", "adam"];

/** `s784-2000-10` is a network whose units fire at random. */
export const parseNetwork = (size: string): TrainingStep =>
  parseTrainingStep(size.replace(/^s(?=\d)/, ""), 100, /^s\d/.test(size));

/** Throws where two plans of one step disagree by more than roundings. */
export function checkAgreement(setting: string, found: Evidence, wanted: Evidence): void {
  const difference = Math.abs(found.loss - wanted.loss);
  if (!(difference <= 1e-4 * Math.abs(wanted.loss)))
    throw new Error(`${setting}: the loss is ${found.loss}, with all fusions it is ${wanted.loss}`);
  const others = leaves(wanted.state);
  for (const [i, { path, value }] of leaves(found.state).entries()) {
    const error = relativeDifference(value, others[i]!.value);
    if (!(error <= 1e-3))
      throw new Error(`${setting}: ${path} differs by ${error} of its size from that with all fusions`);
  }
}

function relativeDifference(a: NdArray, b: NdArray): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.data.length; i++) {
    difference += (a.data[i]! - b.data[i]!) ** 2;
    size += b.data[i]! ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}

/** What each fusion is worth: training steps planned with all of them, and with one left out. */
export const ablation: Subject = {
  example: "ablation s784-2000-2000-10",
  about: "what each fusion is worth in a training step (s: units that fire at random), for three optimizers",
  usual: {
    sizes: ["784-2000-2000-10", "s784-2000-2000-10", "784-400-10"],
    backends: ["native", "wasm"],
    threads: [2],
    seconds: 0.3,
  },
  async *contests({ sizes, backends, threads, seconds }): AsyncGenerator<Contest> {
    const tasks = sizes.map((size) => [size, parseNetwork(size)] as const);
    for (const name of backends)
      for (const count of threads) {
        const { backend, note } = await startBackend(name, count);
        for (const [size, task] of tasks)
          for (const optimizer of optimizers) {
            const training = new Training(task, optimizer, backend);
            const plans = Object.entries(settings).map(
              ([setting, without]) => [setting, training.plan(without)] as const,
            );
            const wanted = training.evidence(plans[0]![1]);
            for (const [setting, step] of plans) checkAgreement(setting, training.evidence(step), wanted);
            yield {
              workload: `ablation ${size} batch ${task.batch}, ${optimizer}`,
              unit: "examples/s",
              better: "more",
              base: EVERYTHING,
              lanes: plans.map(([setting, step]) => ({
                ...{ engine: `heaviside ${name}`, threads: count, note, setting },
                take: async () => training.throughput(step, seconds),
              })),
            };
          }
        await backend.close();
      }
  },
};
