import type { ProfiledInstruction } from "../../src/compile/profile.ts";
import { UserError } from "../../src/errors.ts";
import { cut } from "../../src/rules.ts";
import { ceilingEntries } from "../contestants.ts";
import { Field } from "../field.ts";
import type { Contestant } from "../measure.ts";
import type { Row } from "../rows.ts";
import { align, formatNumber } from "../table.ts";
import type { CeilingKind } from "../workloads/ceiling.ts";
import { workloadOf } from "../workloads/index.ts";
import { parseTrainingStep, type TrainingStep } from "../workloads/training-step.ts";
import { laneOf } from "./engine-lane.ts";
import { startBackend, Training } from "./network.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

/** Where numbers lie that are moved, by the bytes of both arrays on each thread: within its caches, in the shared one, beyond. */
const levels = [
  { name: "first cache", bytes: 2 ** 15 },
  { name: "second cache", bytes: 2 ** 20 },
  { name: "third cache", bytes: 2 ** 23 },
  { name: "memory", bytes: 2 ** 28 },
] as const;
type Level = (typeof levels)[number]["name"] | "arithmetic";

const ARITHMETIC = "multiply-adds";
const WHOLE = "a call";
/** A length of text at which an instruction still is one line of the table. */
const MOST_WORDS = 44;

/** Microseconds of 10⁹ operations in registers, or of 10⁹ bytes read and written in a cache. */
export interface Ceilings {
  readonly arithmetic: number;
  readonly moved: ReadonlyMap<Level, number>;
  readonly threads: number;
}

/** What an instruction can't be faster than, and by which limit. */
export interface Bound {
  readonly microseconds: number;
  readonly by: Level;
}

/** The larger of what its arithmetic takes in registers and what its arrays take to move within the smallest cache that holds them. */
export function boundOf(
  { multiplyAdds, steps, bytes }: Pick<ProfiledInstruction, "multiplyAdds" | "steps" | "bytes">,
  { arithmetic, moved, threads }: Ceilings,
): Bound {
  // A step is at least one operation on each number; a multiply-add counts as two.
  const computed = ((2 * multiplyAdds + 2 * steps) / 1e9) * arithmetic;
  const level = levels.find((each) => bytes <= threads * each.bytes) ?? levels.at(-1)!;
  const carried = (bytes / 1e9) * moved.get(level.name)!;
  return computed >= carried ? { microseconds: computed, by: "arithmetic" } : { microseconds: carried, by: level.name };
}

/** `784-3000-10:37` is a network and the examples of a step; `s784-…` has units that fire at random. */
export function parseSize(text: string): TrainingStep {
  const [network = "", batch = "100", ...rest] = text.split(":");
  const examples = Number(batch);
  if (rest.length > 0 || !Number.isInteger(examples) || examples < 1)
    throw new UserError(`roofline takes a network and its examples such as 784-3000-10:37; received ${text}`);
  return parseTrainingStep(network.replace(/^s(?=\d)/, ""), examples, network.startsWith("s"));
}

/** The limits as lanes: what 10⁹ operations take in registers, and what 10⁹ bytes take in each cache. */
async function ceilingLanes(contestants: readonly Contestant[], kind: CeilingKind, seconds: number): Promise<Lane[]> {
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    const isMemory = contestant.name === "ceiling memory";
    if (!isMemory && contestant.name !== `ceiling ${kind}`) continue;
    const tasks = isMemory
      ? levels.map(({ name, bytes }) => ({
          form: name,
          loop: "copy" as const,
          count: (contestant.threads * bytes) / 8,
          unit: 8,
        }))
      : [{ form: ARITHMETIC, loop: "fma" as const, count: 0, unit: 1 }];
    for (const [i, { form, loop, count, unit }] of tasks.entries()) {
      const task = { kind: "ceiling", loop, count } as const;
      const check = workloadOf(task).checker(task);
      const value = (rate: number): number => 1e15 / (rate * unit);
      const { cpuSeconds, ...lane } = await laneOf(contestant, { task, form, check, seconds, value });
      lanes.push({ ...lane, ...(i === 0 && cpuSeconds && { cpuSeconds }) });
    }
  }
  return lanes;
}

const titleOf = (i: number, { text, computes }: ProfiledInstruction): string =>
  `${String(i).padStart(2)} ${cut(text.replace(/ {2}.*/, ""), MOST_WORDS)} | ${cut(computes, MOST_WORDS)}`;

/** What rows of the results say of the limits. */
const ceilingsOf = (rows: readonly Row[], threads: number): Ceilings => {
  const value = (form: string): number => rows.find(({ workload }) => workload.endsWith(`, ${form}`))!.value;
  return {
    ...{ arithmetic: value(ARITHMETIC), threads },
    moved: new Map(levels.map(({ name }) => [name, value(name)])),
  };
};

/** A line an instruction: its time, its bound and what bounds it; then the call as a whole. */
export function rooflineTable(
  workload: string,
  rows: readonly Row[],
  instructions: readonly ProfiledInstruction[],
  threads: number,
): string {
  const ceilings = ceilingsOf(rows, threads);
  const timeOf = (part: string): number => rows.find((row) => row.workload.endsWith(`, ${part}`))!.value;
  const bounds = instructions.map((x) => boundOf(x, ceilings));
  const times = instructions.map((x, i) => timeOf(titleOf(i, x)));
  const sum = (xs: readonly number[]): number => xs.reduce((all, x) => all + x, 0);
  const line = (name: string, time: number, bound: number, by: string, x?: ProfiledInstruction): string[] => [
    ...[`  ${name}`, formatNumber(time), formatNumber(bound), `${Math.round((100 * bound) / time)}%`, by],
    ...(x
      ? [formatNumber(time - bound), x.multiplyAdds ? formatNumber((2e-3 * x.multiplyAdds) / time) : ""]
      : [formatNumber(time - bound)]),
  ];
  const [all, apart] = [timeOf(WHOLE), sum(times)];
  return align([
    [workload, "µs", "bound, µs", "of it", "by", "lost, µs", "GFLOP/s"],
    ...instructions.map((x, i) => line(titleOf(i, x), times[i]!, bounds[i]!.microseconds, bounds[i]!.by, x)),
    line("all of them, one by one", apart, sum(bounds.map(({ microseconds }) => microseconds)), ""),
    line("a call", all, sum(bounds.map(({ microseconds }) => microseconds)), ""),
    [
      `  limits: ${formatNumber(1e6 / ceilings.arithmetic)} GFLOP/s; ${levels.map(({ name }) => `${formatNumber(1e6 / ceilings.moved.get(name)!)} GB/s in the ${name}`).join(", ")}`,
    ],
  ]);
}

/** How far each instruction of a training step is from what the machine could do. */
export const roofline: Subject = {
  example: "roofline 784-2000-2000-10:100",
  about:
    "each instruction of a training step with momentum (network:examples, s: units that fire at random) against its own bound: its multiply-adds in registers, or its arrays moved within the smallest cache that holds them",
  usual: {
    sizes: ["784-2000-2000-10:100", "784-3000-10:37", "300-500-500-500-7:250", "784-32-10:1"],
    backends: ["native"],
    threads: [2],
    seconds: 0.2,
  },
  columns: [
    "µs  the median of all rounds, of the instruction alone",
    "bound  the least that its arithmetic or its arrays can take, on as many threads",
    "of it  bound / µs",
    "lost  µs − bound",
  ],
  async *contests({ sizes, backends, threads, seconds }, say): AsyncGenerator<Contest> {
    const tasks = sizes.map((size) => [size, parseSize(size)] as const);
    for (const name of backends)
      for (const count of threads) {
        const field = new Field();
        const { backend, note } = await startBackend(name, count);
        try {
          await field.start(ceilingEntries([count]), say);
          const ceilings = await ceilingLanes(field.contestants, name === "wasm" ? "wasm" : "native", seconds);
          for (const [size, task] of tasks) {
            const training = new Training(task, "momentum", backend);
            const { instructions } = training.profile();
            const workload = `roofline ${size}`;
            const take = async () => {
              const profile = training.profile();
              const parts = profile.instructions.map((x, i) => [titleOf(i, x), 1e6 * x.seconds] as const);
              return { ...Object.fromEntries(parts), [WHOLE]: 1e6 * profile.seconds };
            };
            yield {
              ...{ workload, unit: "µs", better: "less" },
              lanes: [...ceilings, { engine: `heaviside ${name}`, threads: count, note, take }],
              report: (rows) => rooflineTable(`${workload}, ${name}, ${count} threads`, rows, instructions, count),
            };
          }
        } finally {
          await backend.close();
          await field.stop();
        }
      }
  },
};
