import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseTrainingStep } from "../workloads/training-step.ts";
import { startBackend, Training } from "./network.ts";
import type { Contest, Subject } from "./subject.ts";

const QUIET = "quiet";
const IDLE_SECONDS = 2;

/** Runs `work` while so many other processes keep a core busy each. They end with it, or by themselves after `seconds`. */
export async function besideBusyProcesses<T>(count: number, seconds: number, work: () => T | Promise<T>): Promise<T> {
  const program = `process.stdout.write("on"); const end = Date.now() + ${1000 * seconds}; while (Date.now() < end);`;
  const busy = Array.from({ length: count }, () =>
    spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  try {
    await Promise.all(busy.map((child) => once(child.stdout!, "data")));
    return await work();
  } finally {
    await Promise.all(busy.map(stop));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Processor milliseconds a second that this process spends on nothing. */
async function idleCost(seconds: number): Promise<number> {
  const [before, start] = [process.cpuUsage(), performance.now()];
  await sleep(1000 * seconds);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (performance.now() - start);
}

/** How a training step fares when other processes want the same cores, and what waiting threads cost the others. */
export const neighbour: Subject = {
  example: "neighbour 784-2000-2000-10 --threads 2",
  about: "a training step beside processes that keep a core busy, and the cost of an idle backend",
  usual: { sizes: ["784-2000-2000-10"], backends: ["native", "wasm"], threads: [2], seconds: 0.5 },
  async *contests({ sizes, backends, threads, seconds }): AsyncGenerator<Contest> {
    const tasks = sizes.map((size) => [size, parseTrainingStep(size, 100, false)] as const);
    for (const name of backends)
      for (const count of threads) {
        const { backend, note } = await startBackend(name, count);
        const lane = { engine: `heaviside ${name}`, threads: count, note };
        for (const [size, task] of tasks) {
          const training = new Training(task, "momentum", backend);
          const step = training.plan();
          yield {
            workload: `neighbour ${size} batch ${task.batch}`,
            unit: "examples/s",
            better: "more",
            base: QUIET,
            lanes: [0, 1, 2].map((busy) => ({
              ...lane,
              setting: busy === 0 ? QUIET : `${busy} busy process${busy === 1 ? "" : "es"}`,
              take: () => besideBusyProcesses(busy, seconds + 10, () => training.throughput(step, seconds)),
            })),
          };
          yield {
            workload: `idle after ${size}`,
            unit: "CPU ms/s",
            better: "less",
            lanes: [
              {
                ...lane,
                async take() {
                  // Its threads are awake when the waiting begins.
                  training.throughput(step, 0.05);
                  return idleCost(IDLE_SECONDS);
                },
              },
            ],
          };
        }
        await backend.close();
      }
  },
};
