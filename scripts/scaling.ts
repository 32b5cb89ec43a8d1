// The tables of docs/explanation/scaling.md, computed from the run that docs/explanation/roofline.md shows: scripts/roofline.ts writes both.
import {
  barrierOn,
  contention,
  type Machine,
  type Prediction,
  predict,
  type StepOnOne,
  timeOn,
} from "../bench/subjects/roofline/scaling.ts";
import { BARRIER, instructionsIn, timeOf, WHOLE } from "../bench/subjects/roofline/table.ts";
import { formatNumber } from "../bench/table.ts";
import { markdownTable } from "../src/describe/table.ts";
import type { Measured } from "./conditional.ts";
import { limitsOn, nameOf, type Results, runs, saidOf } from "./roofline-run.ts";
import { type Tables, withTables as tablesIn } from "./sections.ts";

export const PAGE = "docs/explanation/scaling.md";

/** The steps on the page, and for how many threads. */
const SIZES = ["784-2000-2000-10:100", "784-3000-10:37", "784-32-10:1"];
const THREADS = [1, 2, 8, 64];

const percent = (share: number): string => `${Math.round(100 * share)} %`;

const of = (rows: readonly Measured[], size: string, threads: number): Measured[] =>
  rows.filter(({ task, threads: own }) => task!.size === size && own === threads);

/** What the run says of the machine; a barrier is the shortest of all rounds. */
export function machineIn(rows: readonly Measured[]): Machine {
  const waits = rows.filter(({ threads, workload }) => threads === 2 && workload.endsWith(`, ${BARRIER}`));
  const barrier = Math.min(...waits.map(({ min }) => min));
  return { one: limitsOn(rows, 1), two: limitsOn(rows, 2), barrier };
}

/** A step as one thread takes it; undefined where the run doesn't have it, or doesn't know how threads share it. */
export function stepIn(rows: readonly Measured[], size: string): StepOnOne | undefined {
  const own = of(rows, size, 1);
  const [first] = own;
  const instructions = instructionsIn(own).map(({ value, instruction }) => ({ time: value, instruction }));
  const barriers = first?.task?.barriers;
  if (instructions.length === 0 || typeof barriers !== "number") return undefined;
  return { instructions, barriers, whole: timeOf(own, WHOLE)! };
}

const sizesIn = (rows: readonly Measured[]): string[] => [...new Set(rows.map(({ task }) => String(task!.size)))];

/** By how much the prediction of two threads is off, for each size: positive where the step took longer. */
function errors(
  rows: readonly Measured[],
): { size: string; one: number; predicted: number; measured: number; error: number }[] {
  const machine = machineIn(rows);
  return sizesIn(rows).flatMap((size) => {
    const step = stepIn(rows, size);
    const measured = timeOf(of(rows, size, 2), WHOLE);
    if (!step || measured === undefined) return [];
    const predicted = predict(step, 2, machine).whole;
    return [{ size, one: step.whole, predicted, measured, error: measured / predicted - 1 }];
  });
}

const signed = (share: number): string => `${share < 0 ? "−" : "+"}${Math.round(100 * Math.abs(share))} %`;

function check(rows: readonly Measured[]): string {
  const found = errors(rows);
  const lines = found.map(({ size, one, predicted, measured, error }) => [
    `\`${size}\``,
    ...[one, predicted, measured].map(formatNumber),
    signed(error),
  ]);
  const head = ["step", "1 thread, µs", "2 threads, predicted", "2 threads, measured", "error"];
  const [least, most] = [Math.min(...found.map(({ error }) => error)), Math.max(...found.map(({ error }) => error))];
  const said = `Measured times differ from the predicted ones by ${signed(least)} to ${signed(most)}.`;
  return [saidOf(rows), markdownTable([head, ...lines]), said].join("\n\n");
}

/** The parts of a step's time that more threads don't divide, with their names. */
const losses: readonly [name: string, of: (p: Prediction) => number][] = [
  ["one thread alone", ({ alone }) => alone],
  ["uneven chunks", ({ chunks }) => chunks],
  ["moving", ({ moving }) => moving],
  ["barriers", ({ barriers }) => barriers],
];

function threads(rows: readonly Measured[]): string {
  const machine = machineIn(rows);
  const lines = SIZES.flatMap((size) => {
    const step = stepIn(rows, size);
    if (!step) return [];
    return THREADS.map((count) => {
      const found = predict(step, count, machine);
      const faster = `${formatNumber(Number((step.whole / found.whole).toPrecision(4)))}×`;
      const shares = losses.map(([, part]) => percent(part(found) / found.whole));
      return [
        `\`${size}\``,
        `${count}`,
        formatNumber(found.whole),
        faster,
        percent(found.even / found.whole),
        ...shares,
      ];
    });
  });
  const head = ["step", "threads", "µs", "faster", "shared evenly", ...losses.map(([name]) => name)];
  return markdownTable([head, ...lines]);
}

/** An instruction is shown that takes so much of a step, on one thread or on the most. */
const LEAST_SHARE = 0.02;

function instructions(rows: readonly Measured[]): string {
  const machine = machineIn(rows);
  const most = THREADS.at(-1)!;
  return SIZES.flatMap((size) => {
    const step = stepIn(rows, size);
    if (!step) return [];
    const named = instructionsIn(of(rows, size, 1));
    const times = THREADS.map((count) => step.instructions.map((single) => timeOn(single, count, machine)));
    const sums = times.map((all) => all.reduce((sum, { microseconds }) => sum + microseconds, 0));
    const lines = named.flatMap((row, i) => {
      const own = times.map((all) => all[i]!);
      if (own.every(({ microseconds }, t) => microseconds < LEAST_SHARE * sums[t]!)) return [];
      const { alone, chunks } = row.instruction;
      const divided = alone ? "alone" : (chunks ?? []).filter((n) => n > 0).join(" + ");
      const figures = own.map(({ microseconds }) => formatNumber(microseconds));
      return [[`${row.instruction.number} ${nameOf(row)}`, divided, ...figures, own.at(-1)!.limit]];
    });
    const head = ["instruction", "chunks", ...THREADS.map((count) => `${count}, µs`), `limit at ${most}`];
    return [`\`${size}\`, ${step.barriers} barriers:\n\n${markdownTable([head, ...lines])}`];
  }).join("\n\n");
}

/** What the model reads off the run. */
function parts(rows: readonly Measured[]): string {
  const machine = machineIn(rows);
  const shared = machine.one.moved.flatMap(({ level, microseconds }, i) => {
    if (level.sharedBy === 1) return [];
    const c = contention(microseconds, machine.two.moved[i]!.microseconds);
    const rates = THREADS.map((count) => (1e6 / microseconds) * (count / (1 + c * (count - 1))));
    return [[level.name, ...rates.map((rate) => `${formatNumber(rate)} GB/s`)]];
  });
  const waits = ["a barrier", ...THREADS.map((count) => `${formatNumber(barrierOn(count, machine))} µs`)];
  return markdownTable([["threads", ...THREADS.map(String)], waits, ...shared]);
}

const sections: Tables<keyof Results, Measured> = {
  check: ["roofline", check],
  threads: ["roofline", threads],
  parts: ["roofline", parts],
  "scaling instructions": ["roofline", instructions],
};

/** The page with every table as the file has it. Throws where a table has no place. */
export const withTables = (page: string, results: Results): string => tablesIn(PAGE, page, sections, results, runs);
