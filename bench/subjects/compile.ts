import { matmul, mul, sin, tanh } from "../../src/entries/engine.ts";
import { UserError } from "../../src/errors.ts";
import { needed } from "../../src/graph/evaluate.ts";
import { input } from "../../src/graph/ops/input.ts";
import { type Tensor, valueAndGrad } from "../../src/index.ts";
import { plan } from "../../src/plan/planner.ts";
import type { Program } from "../../src/plan/program.ts";
import { positiveInteger } from "../workloads/sizes.ts";
import type { Contest, Subject } from "./subject.ts";

/** Elementwise operations, one behind the other. */
export function chainProgram(length: number): Program {
  const x = input("x", { shape: [1000], dtype: "float32" });
  let y: Tensor = x;
  for (let i = 0; i < length; i++) y = i % 2 === 0 ? mul(y, 0.999) : sin(y);
  return { inputs: [{ name: "x", tensor: x, resident: false }], outputs: [y], updates: [] };
}

/** h ← tanh(h W + x), over and over, and the gradient of the last h's sum with respect to W. */
export function recurrenceProgram(steps: number): Program {
  const w = input("w", { shape: [32, 32], dtype: "float32" });
  const x = input("x", { shape: [8, 32], dtype: "float32" });
  const last = (weights: Tensor): Tensor => {
    let h: Tensor = x;
    for (let i = 0; i < steps; i++) h = tanh(matmul(h, weights).add(x));
    return h.sum();
  };
  const [value, gradient] = valueAndGrad(last)(w);
  const inputs = [w, x].map((tensor, i) => ({ name: `${i}`, tensor, resident: false }));
  return { inputs, outputs: [value, gradient], updates: [] };
}

const operations = ({ inputs, outputs, updates }: Program): number =>
  needed([...outputs, ...updates.map(({ value }) => value)]).length - inputs.length;

/** The program that `make` gives with as close to `wanted` operations as its size allows. */
export function programOf(make: (size: number) => Program, wanted: number): Program {
  const [one, two] = [operations(make(10)), operations(make(20))];
  return make(Math.max(1, Math.round(10 + (10 * (wanted - one)) / (two - one))));
}

/** Nanoseconds an operation, over at least so many seconds of planning. */
function planningTime(program: Program, seconds: number): number {
  const count = operations(program);
  const start = performance.now();
  let plans = 0;
  let elapsed = 0;
  do {
    plan(program, { kind: "native", gemmScratch: (m, n, k) => m * k + k * n });
    plans++;
    elapsed = performance.now() - start;
  } while (elapsed < 1000 * seconds);
  return (1e6 * elapsed) / plans / count;
}

/** What planning costs, in small graphs and large ones. */
export const compileTime: Subject = {
  example: "compile 100 10000",
  about: "time to plan graphs of so many operations, a single operation's share",
  usual: { sizes: ["100", "1000", "10000"], seconds: 0.2 },
  async *contests({ sizes, seconds }): AsyncGenerator<Contest> {
    const counts = sizes.map(operationCount);
    for (const [name, make] of [
      ["chain", chainProgram] as const,
      ["recurrence with gradient", recurrenceProgram] as const,
    ]) {
      const programs = counts.map((count) => [`${count} ops`, programOf(make, count)] as const);
      yield {
        workload: `compile ${name}`,
        unit: "ns/op",
        better: "less",
        lanes: [
          {
            ...{ engine: "heaviside", threads: 1, note: "lowering, fusion, order, memory and tapes; without tracing" },
            take: async () =>
              Object.fromEntries(programs.map(([size, program]) => [size, planningTime(program, seconds)])),
          },
        ],
      };
    }
  },
};

function operationCount(text: string): number {
  const count = positiveInteger(text);
  if (count < 20 || count > 100_000)
    throw new UserError(`compile: a size is a number of operations from 20 to 100000; received ${text}`);
  return count;
}
