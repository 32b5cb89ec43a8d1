/** Where the time of a layer goes: product by product, beside what the arithmetic and the memory take at least. */

import { median } from "../../../src/statistics/sample.ts";
import { ceilingEntries } from "../../contestants.ts";
import { Field } from "../../field.ts";
import type { Contestant } from "../../measure.ts";
import type { Row } from "../../rows.ts";
import { align, formatNumber } from "../../table.ts";
import { hasLoop } from "../../workloads/ceiling.ts";
import { type Conditional, conditional, conditionalCheck, openPairs } from "../../workloads/conditional.ts";
import { type Result, results } from "../../workloads/conditional-truth.ts";
import { workloadOf } from "../../workloads/index.ts";
import type { Loop } from "../../workloads/workload.ts";
import { laneOf } from "../engine-lane.ts";
import type { Contest, Lane, SubjectOptions } from "../subject.ts";
import { layerEntries } from "./field.ts";
import { flopOf, inTurn, taskOf } from "./layer.ts";
import { layerTasks } from "./sizes.ts";

/** Programs that each do one part more than the one before. */
interface Stage {
  name: string;
  wanted: readonly Result[];
  /** Share of the FLOP of all six products, by the sizes in and out. */
  share: (input: number, output: number) => number;
}
const stages: readonly Stage[] = [
  { name: "forward (two products)", wanted: ["y"], share: () => 1 / 3 },
  { name: "back to the input (two)", wanted: ["y", "dx"], share: () => 1 / 3 },
  { name: "∂L/∂W (one)", wanted: ["y", "dx", "dweight"], share: (input, output) => input / (input + output) / 3 },
  { name: "∂L/∂V (one)", wanted: results, share: (input, output) => output / (input + output) / 3 },
];
const formOf = (layer: string, { wanted }: Stage): string =>
  wanted.length === results.length ? layer : [layer, ...wanted].join(" ");

/**
 * Bytes that the six products must move where nothing stays in the caches between them: each reads or writes the weights of the blocks
 * that are open for anybody once, and the rows of its open pairs; gradients of closed blocks are set to 0.
 */
export function bytesMoved(task: Conditional): number {
  const { batch, input, blocks, width, output, density } = task;
  const pairs = openPairs(task);
  const used = blocks * (1 - (1 - density) ** batch);
  const weights = width * (input + output);
  const rows = 3 * pairs * (input + output + 2 * width);
  return 4 * (2 * used * weights + blocks * weights + rows);
}

const CEILINGS: readonly { name: string; loop: Loop; count: number; of: (task: Conditional) => number }[] = [
  { name: "arithmetic", loop: "fma", count: 0, of: (task) => flopOf(task, "skip") },
  // Copying a float moves eight bytes.
  { name: "memory", loop: "copy", count: 2 ** 24, of: (task) => bytesMoved(task) / 8 },
];

/** How long the work of the open pairs takes at the ceiling, and moving its bytes at the speed of a copy. */
async function boundLanes(contestant: Contestant, task: Conditional, seconds: number): Promise<Lane[]> {
  const lanes: Lane[] = [];
  for (const { name, loop, count, of } of CEILINGS) {
    if (!hasLoop(contestant.ceiling!, loop)) continue;
    const bound = { kind: "ceiling", loop, count } as const;
    const check = workloadOf(bound).checker(bound);
    const value = (perSecond: number) => (1000 * of(task)) / perSecond;
    lanes.push({ ...(await laneOf(contestant, { task: bound, check, seconds, value })), setting: name });
  }
  return lanes;
}

/** FLOP of a stage and of those before it. */
const flopUpTo = (task: Conditional, form: string, last: Stage): number =>
  stages.slice(0, stages.indexOf(last) + 1).reduce((sum, stage) => sum + flopOfStage(task, form, stage), 0);

const flopOfStage = (task: Conditional, form: string, { share }: Stage): number =>
  flopOf(task, form) * share(task.input, task.output);

async function productsContest(
  contestants: readonly Contestant[],
  task: Conditional,
  seconds: number,
): Promise<Contest> {
  const check = conditionalCheck(task);
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    if (contestant.role === "ceiling") {
      lanes.push(...(await boundLanes(contestant, task, seconds)));
      continue;
    }
    for (const layer of ["dense", "skip"])
      for (const stage of stages) {
        const judge = (evidence: readonly number[]) => check(evidence, stage.wanted);
        const form = formOf(layer, stage);
        const { cpuSeconds, ...lane } = await laneOf(contestant, { task, form, check: judge, seconds });
        const first = form === formOf("dense", stages[0]!);
        lanes.push({ ...lane, flop: flopUpTo(task, form, stage), ...(first && cpuSeconds && { cpuSeconds }) });
      }
  }
  return {
    workload: `products of conditional ${conditional.size(task)}`,
    unit: "ms",
    better: "less",
    lanes,
    task: { ...taskOf(task), part: "products" },
    report: productsReport,
  };
}

/** A stage of an engine: milliseconds that it adds, and the speed of its arithmetic. */
export interface StageTime {
  engine: string;
  threads: number;
  layer: string;
  stage: string;
  ms: number;
  gflops: number;
}

/** What each stage adds to the one before, by the median over the rounds of the difference within each. */
export function stageTimes(rows: readonly Row[]): StageTime[] {
  const own = rows.filter(({ task }) => /^(dense|skip)/.test(String(task!.form)));
  const engines = [...new Map(own.map((row) => [`${row.engine} ${row.threads}`, row])).values()];
  return engines.flatMap(({ engine, threads, task }) =>
    ["dense", "skip"].flatMap((layer) => {
      const found = stages.map((stage) =>
        own.find((row) => row.engine === engine && row.threads === threads && row.task!.form === formOf(layer, stage)),
      );
      return stages.flatMap((stage, i): StageTime[] => {
        const [row, before] = [found[i], found[i - 1]];
        if (!row) return [];
        const ms = median(row.values.map((value, round) => value - (before?.values[round] ?? 0)));
        const flop = flopOfStage(task as unknown as Conditional, layer, stage);
        return [{ engine, threads, layer, stage: stage.name, ms, gflops: (1e-6 * flop) / ms }];
      });
    }),
  );
}

/** A line for each stage: dense, skipping, how many times as fast; and the two bounds below. */
export function productsReport(rows: readonly Row[]): string {
  const [first] = rows as [Row];
  const times = stageTimes(rows);
  const header = [first.workload.replace(/, [^,]*$/, ""), "threads", "dense ms", "GFLOP/s", "skip ms", "GFLOP/s", "×"];
  const lines = times
    .filter(({ layer }) => layer === "dense")
    .map((dense) => {
      const { engine, threads, stage } = dense;
      const skip = times.find(
        (each) => each.layer === "skip" && each.engine === engine && each.threads === threads && each.stage === stage,
      )!;
      const figures = [dense.ms, dense.gflops, skip.ms, skip.gflops, dense.ms / skip.ms].map(formatNumber);
      return [`  ${engine}, ${stage}`, `${threads}`, ...figures];
    });
  const bounds = rows
    .filter(({ engine }) => engine.startsWith("ceiling"))
    .map((row) => {
      const what =
        row.task!.form === "memory" ? "moving the bytes at the speed of a copy" : "the open pairs' arithmetic";
      return `  ${row.engine} ${row.threads}T: ${what} takes ${formatNumber(row.value)} ms`;
    });
  return [align([header, ...lines]), ...bounds].join("\n");
}

/** The layer's products apart from each other. */
export async function* products({ seconds, lists, ...options }: SubjectOptions, say: (line: string) => void) {
  const tasks = layerTasks(lists);
  const field = new Field();
  const threads = [Math.max(...options.threads)];
  try {
    await field.start([...layerEntries({ ...options, threads, peers: false }), ...ceilingEntries(threads)], say);
    yield* inTurn(field, tasks, (task) => productsContest(field.contestants, task, seconds));
  } finally {
    await field.stop();
  }
}
