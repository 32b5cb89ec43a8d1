import { median } from "../../../src/statistics/sample.ts";
import { Field } from "../../field.ts";
import type { Contestant } from "../../measure.ts";
import { type Conv, convFlops, conv as workload } from "../../workloads/conv.ts";
import { workloadOf } from "../../workloads/index.ts";
import { inTurn } from "../conditional/layer.ts";
import { wholeNumbers } from "../conditional/sizes.ts";
import { laneOf } from "../engine-lane.ts";
import type { Contest, Lane, Subject } from "../subject.ts";
import type { Taken } from "../turns.ts";
import { convEntries, convForms } from "./field.ts";
import { convReport } from "./report.ts";
import { convTasks, imageSize, windowSize } from "./sizes.ts";

const isOwn = ({ engine }: Lane): boolean => engine.startsWith("heaviside");

/** Of every peer the fastest of its forms and of its threads, of which it has no more than ours. */
export function rivalsOf({ lane }: Taken, all: readonly Taken[]): Taken[] {
  if (!isOwn(lane)) return [];
  const best = new Map<string, Taken>();
  const middle = ({ values }: Taken): number => median(values.get("")!);
  for (const other of all) {
    const { engine, threads } = other.lane;
    if (isOwn(other.lane) || engine.startsWith("ceiling") || threads > lane.threads) continue;
    const known = best.get(engine);
    if (!known || middle(other) < middle(known)) best.set(engine, other);
  }
  return [...best.values()];
}

/** The time that the arithmetic of a run would take in registers alone. */
async function ceilingLane(contestant: Contestant, flop: number, seconds: number): Promise<Lane> {
  const task = { kind: "ceiling", loop: "fma", count: 0 } as const;
  const check = workloadOf(task).checker(task);
  return { ...(await laneOf(contestant, { task, check, seconds, value: (rate) => (1000 * flop) / rate })), flop };
}

/** Every contestant in every form that it has, each checked against float64 before it is timed. A peer that is wrong is not timed. */
async function contestOf(
  contestants: readonly Contestant[],
  task: Conv,
  seconds: number,
  say: (line: string) => void,
): Promise<Contest> {
  const [check, flop] = [workload.checker(task), convFlops(task)];
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    if (contestant.role === "ceiling") {
      lanes.push(await ceilingLane(contestant, flop, seconds));
      continue;
    }
    for (const [i, form] of convForms(contestant.name, task.pass).entries())
      try {
        const way = form === undefined ? {} : { form };
        const { cpuSeconds, ...lane } = await laneOf(contestant, { task, ...way, check, seconds });
        // All forms run in one process, whose processor time is to be counted once.
        lanes.push({ ...lane, flop, ...(i === 0 && cpuSeconds && { cpuSeconds }) });
      } catch (error) {
        if (contestant.role === "own") throw error;
        say(`left out: ${(error as Error).message.split("\n", 1)[0]}`);
      }
  }
  const { batch, image, channels, size, pass } = task;
  return {
    workload: `${workload.name(task)} ${workload.size(task)}`,
    ...{ unit: workload.unit(task), better: workload.better, lanes, rivals: rivalsOf },
    task: { pass, batch, image: image.join("x"), channels: channels.join(","), size },
    report: convReport,
  };
}

/** What a convolutional network costs, in training and in inference. */
export const conv: Subject = {
  example: "conv --batch 100 --image 28x28x1 --channels 32,64 --size 5 --peers",
  about: "a training step with momentum, and inference, of a network of convolutions, poolings and 256 hidden units",
  usual: { backends: ["native", "wasm"], threads: [2], seconds: 0.5, peers: false },
  lists: { batch: wholeNumbers, image: imageSize, channels: wholeNumbers, size: windowSize },
  async *contests({ lists, seconds, ...options }, say) {
    const tasks = convTasks(lists);
    const field = new Field();
    try {
      await field.start(convEntries(options), say);
      yield* inTurn(field, tasks, (task) => contestOf(field.contestants, task, seconds, say));
    } finally {
      await field.stop();
    }
  },
};
