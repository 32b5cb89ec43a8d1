/** The conditional layer in float64, at the entries that engines are checked at. */
import type { Conditional, ConditionalInputs, ConditionalSamples } from "./conditional.ts";

/** What a run gives, in the order of the evidence: y, ∂L/∂x, ∂L/∂W and ∂L/∂V. */
export const results = ["y", "dx", "dweight", "dout"] as const;
export type Result = (typeof results)[number];

/** A sum in float64, and by how much float32 sums in any order may miss it. */
interface Sum {
  value: number;
  allowance: number;
}

/** Far above what rounding does to sums of the lengths that fit in memory, far below any term's loss. */
const ROUNDING = 2e-6;

/** An open unit of an example: what it sends, and what flows back to it through the rectifier. */
interface Unit {
  h: Sum;
  back: Sum;
}

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, length: number): Sum {
  let [value, size] = [0, 0];
  for (let i = 0; i < length; i++) {
    const product = a[atA + i]! * b[atB + i]!;
    value += product;
    size += Math.abs(product);
  }
  return { value, allowance: ROUNDING * size };
}

/** Returns what throws unless every entry of the evidence is right; the evidence of some results alone where only they are `wanted`. */
export function conditionalChecker(
  task: Conditional,
  inputs: ConditionalInputs,
  samples: ConditionalSamples,
): (evidence: readonly number[], wanted?: readonly Result[]) => void {
  const { batch, input, blocks, width, output } = task;
  const { x, gates, weight, out, dy } = inputs;
  const units = blocks * width;
  const isOpen = (row: number, unit: number) => gates[row * blocks + Math.floor(unit / width)] !== 0;

  const unitOf = (row: number, unit: number): Unit => {
    const a = dot(x, row * input, weight, unit * input, input);
    const back = dot(dy, row * output, out, unit * output, output);
    const h = { value: Math.max(0, a.value), allowance: a.allowance };
    // Within a rounding of 0 the rectifier's slope may be either of the two.
    if (Math.abs(a.value) <= a.allowance) return { h, back: { value: 0, allowance: Math.abs(back.value) } };
    return { h, back: a.value > 0 ? back : { value: 0, allowance: 0 } };
  };

  /** Σ over the open units of an example, or over the examples that opened a unit, of its quantity times a factor. */
  const total = (terms: Iterable<readonly [Sum, number]>): Sum => {
    let [value, allowance] = [0, 0];
    for (const [sum, factor] of terms) {
      value += sum.value * factor;
      allowance += sum.allowance * Math.abs(factor) + ROUNDING * Math.abs(sum.value * factor);
    }
    return { value, allowance };
  };

  const unitsOfRow = memoised((row) =>
    range(units)
      .filter((unit) => isOpen(row, unit))
      .map((unit) => ({ at: unit, ...unitOf(row, unit) })),
  );
  const rowsOfUnit = memoised((unit) =>
    range(batch)
      .filter((row) => isOpen(row, unit))
      .map((row) => ({ at: row, ...unitOf(row, unit) })),
  );
  const entries: Readonly<Record<Result, readonly [columns: number, (row: number, column: number) => Sum]>> = {
    y: [output, (row, o) => total(unitsOfRow(row).map(({ at, h }) => [h, out[at * output + o]!]))],
    dx: [input, (row, i) => total(unitsOfRow(row).map(({ at, back }) => [back, weight[at * input + i]!]))],
    dweight: [input, (unit, i) => total(rowsOfUnit(unit).map(({ at, back }) => [back, x[at * input + i]!]))],
    dout: [output, (unit, o) => total(rowsOfUnit(unit).map(({ at, h }) => [h, dy[at * output + o]!]))],
  };
  const exact = (name: Result) => {
    const [columns, entry] = entries[name];
    return samples[name].map((index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      return { place: `${name}[${row}, ${column}]`, ...entry(row, column) };
    });
  };
  const truth = new Map(results.map((name) => [name, exact(name)]));
  return (evidence, wanted = results) => {
    const expected = wanted.flatMap((name) => truth.get(name)!);
    if (evidence.length !== expected.length)
      throw new Error(`${expected.length} entries were asked for, ${evidence.length} came`);
    for (const [s, { place, value, allowance }] of expected.entries())
      if (!(Math.abs(evidence[s]! - value) <= allowance + 1e-30))
        throw new Error(`${place} is ${evidence[s]}, in float64 it is ${value}`);
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function memoised<T>(make: (index: number) => T): (index: number) => T {
  const kept = new Map<number, T>();
  return (index) => {
    if (!kept.has(index)) kept.set(index, make(index));
    return kept.get(index)!;
  };
}
