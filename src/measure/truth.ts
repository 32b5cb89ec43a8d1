import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { UserError } from "../errors.ts";
import { broadcastTo, expandDims, NdArray, reshape, type Tensor } from "../graph/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import type { Problem, ProblemInputs } from "./problem.ts";

/** Most binary units, later layers' counted, whose patterns are enumerated; and as many patterns of one-hot units. */
export const MOST_UNITS = 16;
/** Most rows in one call of the downstream network. */
const MOST_ROWS = 4096;

/** Patterns that a layer can send: 2^H of bits, C^N of N = H / C one-hot variables. */
export const patternsOf = (units: number, classes?: number): number =>
  classes === undefined ? 2 ** units : classes ** (units / classes);

/** Whether the gradient can be had without noise: with at most 2^16 patterns of this and later layers to go through. */
export const canEnumerate = ({ units, classes, expected }: Problem): boolean =>
  expected !== undefined && patternsOf(units, classes) * 2 ** expected.laterUnits <= 2 ** MOST_UNITS;

/**
 * ∂E[loss]/∂a over all patterns of the layer's units, and of those of later layers: [B·H]. The losses come from the backend, some
 * thousand patterns and examples in a call; probabilities and sums are in double precision.
 *
 *     ∂E/∂aᵢ = Σ_b P(b) (bᵢ − P(bᵢ = 1)) E[loss | b]
 *
 * Throws UserError where there are more than 16 units together (2^16 patterns), or where those of later layers aren't binary.
 */
export function exactGradient(problem: Problem, options: { backend: Backend }): Float64Array {
  if (problem.gradient) return problem.gradient;
  const { examples, units, classes, inputs, expected } = problem;
  if (!expected || !canEnumerate(problem))
    throw new UserError(
      `exact gradient: ${expected ? `enumerates at most ${MOST_UNITS} units of this and later layers, received ${units + expected.laterUnits}` : "the units of later layers must be binary"}`,
    );
  const patterns = patternsOf(units, classes);
  const rows = MOST_ROWS / (examples * 2 ** expected.laterUnits);
  const atOnce = Math.min(patterns, 2 ** Math.max(0, Math.floor(Math.log2(rows))));
  const losses = compile(
    ({ rest }: ProblemInputs<Tensor>, bits: Tensor) => {
      const h = reshape(broadcastTo(expandDims(bits, 1), [atOnce, examples, units]), [atOnce * examples, units]);
      return { loss: expected.downstream(rest, atOnce)(h) };
    },
    { backend: options.backend },
  );
  const onBackend = resident(inputs, options);
  const { on, off } = factors(inputs.a.data, classes);
  const bitOf = bitOfPattern(classes);
  const gradient = new Float64Array(examples * units);
  for (let from = 0; from < patterns; from += atOnce) {
    const bits = Float32Array.from({ length: atOnce * units }, (_, k) =>
      bitOf(from + Math.floor(k / units), k % units),
    );
    const { data } = losses(onBackend, new NdArray(bits, [atOnce, units])).loss;
    for (let k = 0; k < Math.min(atOnce, patterns - from); k++)
      for (let i = 0; i < examples; i++) {
        let weight = data[k * examples + i]!;
        for (let j = 0; j < units; j++) weight *= (bits[k * units + j] ? on : off)[i * units + j]!;
        for (let j = 0; j < units; j++)
          gradient[i * units + j]! += weight * (bits[k * units + j]! - on[i * units + j]!);
      }
  }
  return gradient;
}

/** What unit `j` sends in pattern `k`. Patterns beyond the last begin again. */
const bitOfPattern =
  (classes: number | undefined) =>
  (k: number, j: number): number => {
    if (classes === undefined) return (k >> j) & 1;
    return Number(Math.floor(k / classes ** Math.floor(j / classes)) % classes === j % classes);
  };

/** The factors of P(b): `on` = P(b = 1) of a unit that is 1, `off` of one that is 0 (of one-hot units none: the other class has it). */
export function factors(a: NdArray["data"], classes: number | undefined): { on: Float64Array; off: Float64Array } {
  if (classes === undefined)
    return {
      on: Float64Array.from(a, sigmoid),
      off: Float64Array.from(a, (x) => 1 / (1 + Math.exp(x))),
    };
  const on = Float64Array.from(a, (x, i) => {
    const from = i - (i % classes);
    let total = 0;
    for (let c = from; c < from + classes; c++) total += Math.exp(a[c]! - x);
    return 1 / total;
  });
  return { on, off: new Float64Array(a.length).fill(1) };
}
