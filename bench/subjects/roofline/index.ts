import type { ProfiledInstruction } from "../../../src/compile/profile.ts";
import { cut } from "../../../src/rules.ts";
import { cacheLevels } from "../../cache-levels.ts";
import { type Divided, divisions } from "../../chunks.ts";
import { ceilingEntries } from "../../contestants.ts";
import { Field } from "../../field.ts";
import type { InstructionRow, Row } from "../../rows.ts";
import { startBackend, Training } from "../network.ts";
import type { Contest, Lane, Subject } from "../subject.ts";
import { barrierCost } from "./barrier.ts";
import { boundOf } from "./bound.ts";
import { ceilingLanes, ceilingsIn, levelOf } from "./limits.ts";
import { parseSize } from "./sizes.ts";
import { BARRIER, rooflineTable, WHOLE } from "./table.ts";

/** A length of text at which an instruction still is one line of the table. */
const MOST_WORDS = 44;

const nameOf = ({ text }: ProfiledInstruction): string => text.replace(/ {2}.*/, "");

const titleOf = (i: number, x: ProfiledInstruction): string =>
  `${String(i).padStart(2)} ${cut(nameOf(x), MOST_WORDS)} | ${cut(x.computes, MOST_WORDS)}`;

/** Rows of limits say of which level they are, and then rows of instructions their work and their bound. */
export function completed(
  rows: readonly Row[],
  instructions: readonly ProfiledInstruction[],
  divided: Divided | undefined,
  levels = cacheLevels(),
): Row[] {
  const known = rows.map((row): Row => {
    const level = levelOf(row, levels);
    return level ? { ...row, level } : row;
  });
  const ceilings = ceilingsIn(known);
  const facts = new Map(
    instructions.map((x, number): [string, InstructionRow] => {
      const { computes, multiplyAdds, steps, bytes, footprint, isAtMost } = x;
      const { microseconds, by } = boundOf(x, ceilings);
      const work = { multiplyAdds, steps, bytes, footprint, isAtMost };
      const bound = Number(microseconds.toPrecision(5));
      return [
        titleOf(number, x),
        { number, text: nameOf(x), computes, ...work, bound, by, ...divided?.instructions[number] },
      ];
    }),
  );
  return known.map((row): Row => {
    const instruction = facts.get(row.workload.slice(row.workload.indexOf(", ") + 2));
    return instruction ? { ...row, instruction } : row;
  });
}

/** How far each instruction of a training step is from what the machine could do. */
export const roofline: Subject = {
  example: "roofline 784-2000-2000-10:100 conv",
  about:
    "each instruction of a training step with momentum (network:examples, s: units that fire at random; or conv, lstm, gated) against its own bound: its multiply-adds in registers, or its arrays moved within the smallest cache that holds them",
  usual: {
    sizes: [
      ...["784-2000-2000-10:100", "784-3000-10:37", "300-500-500-500-7:250", "784-32-10:1"],
      ...["s784-2000-10:100", "conv", "lstm", "gated"],
    ],
    backends: ["native"],
    threads: [1, 2],
    seconds: 0.1,
  },
  columns: [
    "µs  the median of all rounds, of the instruction alone",
    "bound  the least that its arithmetic or its arrays can take, on as many threads",
    "of it  bound / µs",
    "lost  µs − bound",
  ],
  async *contests({ sizes, backends, threads, seconds }, say): AsyncGenerator<Contest> {
    const steps = sizes.map((size) => [size, parseSize(size)] as const);
    for (const name of backends)
      for (const count of threads) {
        const field = new Field();
        const { backend, note } = await startBackend(name, count);
        const engine = { engine: `heaviside ${name}`, threads: count, note };
        try {
          await field.start(ceilingEntries([count]), say);
          const limits = await ceilingLanes(field.contestants, name === "wasm" ? "wasm" : "native", seconds);
          if (name === "native" && count > 1)
            limits.push({ ...engine, setting: BARRIER, take: async () => barrierCost(count) });
          for (const [size, step] of steps) {
            const training = new Training(step, "momentum", backend);
            const { instructions } = training.profile();
            const divided = name === "native" ? divisionOf(training, say) : undefined;
            const workload = `roofline ${size}`;
            const take: Lane["take"] = async () => {
              const profile = training.profile();
              const parts = profile.instructions.map((x, i) => [titleOf(i, x), 1e6 * x.seconds] as const);
              return { ...Object.fromEntries(parts), [WHOLE]: 1e6 * profile.seconds };
            };
            yield {
              ...{ workload, unit: "µs", better: "less" },
              task: { size, backend: name, threads: count, ...(divided && { barriers: divided.barriers }) },
              lanes: [...limits, { ...engine, take }],
              complete: (rows) => completed(rows, instructions, divided),
              report: (rows) => rooflineTable(`${workload}, ${name}, ${count} threads`, rows),
            };
          }
        } finally {
          await backend.close();
          await field.stop();
        }
      }
  },
};

/** How threads share a step; undefined where no C compiler says it. */
function divisionOf(training: Training, say: (line: string) => void): Divided | undefined {
  const plan = training.planned();
  const found = plan && divisions([plan]);
  if (plan && !found) say("how threads share instructions is not in the results: no C compiler builds bench/chunks.c");
  return found?.[0];
}
