import type { Backend } from "../../backends/backend.ts";
import { type CellConfig, cellFor, type Named } from "../../cells/index.ts";
import { compile } from "../../compile/compile.ts";
import { floats, rowsOf } from "../../data/dataset.ts";
import type { TrainingData } from "../../data/index.ts";
import type { NdArray, Tensor } from "../../graph/index.ts";
import { mean, median } from "../../statistics/sample.ts";
import type { Trace } from "./hand.ts";
import { observe, timeConstantOf } from "./observe.ts";

/** Test examples that are looked at. */
const LOOKED = 100;

/** What the units of a cell do that has learned to add. */
export interface LearnedTrace {
  /** The first test example: values, and whether each step is marked. */
  readonly values: readonly number[];
  readonly marked: readonly number[];
  /** The unit that is shown: the one whose memory after the last step varies most closely with the sum. */
  readonly unit: number;
  readonly correlation: number;
  readonly trace: Trace;
  /** Medians over test examples, units and steps of the time constant, in steps: where a value is to be remembered, and elsewhere. */
  readonly times: { readonly marked: number; readonly elsewhere: number };
}

interface Learned {
  readonly cell: CellConfig;
  readonly units: number;
  readonly params: Named<NdArray>;
  /** The adding task. */
  readonly data: TrainingData;
  readonly backend: Backend;
}

/** Runs a trained cell over test examples of the adding task, and looks at its time constants and at one of its units. */
export function learnedTrace({ cell: config, units, params, data, backend }: Learned): LearnedTrace {
  const size = Math.min(LOOKED, data.test.size);
  const [x, y] = [rowsOf(data.test.fields.x!, 0, size), rowsOf(data.test.fields.y!, 0, size)];
  const [, steps, inputs] = x.shape as [number, number, number];
  const cell = cellFor(config, { inputs, units });
  const program = compile((own: Named<Tensor>, sequences: Tensor) => observe(cell, own, sequences), { backend });
  const found = program(params, x) as Readonly<Record<"memory" | "kept" | "output", NdArray>>;
  const [memory, kept, output] = [found.memory, found.kept, found.output].map(({ data }) => data);
  const at = (values: ArrayLike<number>, example: number, step: number, unit: number): number =>
    values[(example * steps + step) * units + unit]!;
  const sums = Array.from(floats(y));
  const correlations = Array.from({ length: units }, (_, unit) =>
    Math.abs(
      correlation(
        sums.map((_, example) => at(memory!, example, steps - 1, unit)),
        sums,
      ),
    ),
  );
  const unit = correlations.indexOf(Math.max(...correlations));
  const along = (values: ArrayLike<number>): number[] =>
    Array.from({ length: steps }, (_, t) => at(values, 0, t, unit));
  const cells = floats(x);
  const isMarked = (row: number): boolean => cells[row * inputs + 1] === 1;
  const times = { marked: [] as number[], elsewhere: [] as number[] };
  for (let row = 0; row < size * steps; row++)
    for (let j = 0; j < units; j++)
      times[isMarked(row) ? "marked" : "elsewhere"].push(timeConstantOf(kept![row * units + j]!));
  return {
    values: Array.from({ length: steps }, (_, t) => cells[t * inputs]!),
    marked: Array.from({ length: steps }, (_, t) => Number(isMarked(t))),
    ...{ unit, correlation: correlations[unit]! },
    trace: {
      memory: along(memory!),
      kept: along(kept!),
      spikes: cell.decisions.length > 0 ? along(output!).flatMap((s, t) => (s === 1 ? [t] : [])) : [],
    },
    times: { marked: median(times.marked), elsewhere: median(times.elsewhere) },
  };
}

/** Pearson's, 0 where one of the two never changes. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const [centreA, centreB] = [mean(a), mean(b)];
  const product = (p: readonly number[], q: readonly number[], cp: number, cq: number): number =>
    p.reduce((sum, value, i) => sum + (value - cp) * (q[i]! - cq), 0);
  const spread = Math.sqrt(product(a, a, centreA, centreA) * product(b, b, centreB, centreB));
  return spread > 0 ? product(a, b, centreA, centreB) / spread : 0;
}
