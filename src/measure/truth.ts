import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile.ts";
import { UserError } from "../errors.ts";
import { broadcastTo, expandDims, NdArray, reshape, type Tensor } from "../graph/index.ts";
import { resident } from "../resident.ts";
import type { Problem, ProblemInputs } from "./problem.ts";

/** Most binary units, later layers' counted, whose patterns are enumerated. */
export const MOST_UNITS = 16;
/** Most rows in one call of the rest of the network. */
const MOST_ROWS = 4096;

/** Whether the gradient can be had without noise: in closed form, or with 2^units patterns to go through. */
export const canEnumerate = ({ units, expected }: Problem): boolean =>
  expected !== undefined && units + expected.laterUnits <= MOST_UNITS;

/**
 * ∂E[loss]/∂a over all patterns of the layer's units, and of those of later layers: [B·H]. The losses come from the backend, some
 * thousand patterns and examples in a call; probabilities and sums are in double precision.
 *
 *     ∂E/∂aᵢ = Σ_b P(b) (bᵢ − σ(aᵢ)) E[loss | b]
 *
 * Throws UserError where there are more than 16 units together, or where those of later layers aren't binary.
 */
export function exactGradient(problem: Problem, options: { backend: Backend }): Float64Array {
  if (problem.gradient) return problem.gradient;
  const { examples, units, inputs, expected } = problem;
  if (!expected || !canEnumerate(problem))
    throw new UserError(
      `exact gradient: ${expected ? `enumerates at most ${MOST_UNITS} units of this and later layers, received ${units + expected.laterUnits}` : "the units of later layers must be binary"}`,
    );
  const patterns = 2 ** units;
  const rows = MOST_ROWS / (examples * 2 ** expected.laterUnits);
  const atOnce = Math.min(patterns, 2 ** Math.max(0, Math.floor(Math.log2(rows))));
  const losses = compile(
    ({ rest }: ProblemInputs<Tensor>, bits: Tensor) => {
      const h = reshape(broadcastTo(expandDims(bits, 1), [atOnce, examples, units]), [atOnce * examples, units]);
      return { loss: expected.downstream(rest, atOnce)(h) };
    },
    { backend: options.backend },
  );
  const onBackend = resident(inputs as never, options);
  const on = Float64Array.from(inputs.a.data, (a) => 1 / (1 + Math.exp(-a))); // P(b = 1)
  const off = Float64Array.from(inputs.a.data, (a) => 1 / (1 + Math.exp(a)));
  const gradient = new Float64Array(examples * units);
  for (let from = 0; from < patterns; from += atOnce) {
    const bits = Float32Array.from(
      { length: atOnce * units },
      (_, k) => ((from + Math.floor(k / units)) >> (k % units)) & 1,
    );
    const { data } = losses(onBackend as never, new NdArray(bits, [atOnce, units]) as never).loss;
    for (let k = 0; k < atOnce; k++)
      for (let i = 0; i < examples; i++) {
        let weight = data[k * examples + i]!;
        for (let j = 0; j < units; j++) weight *= (bits[k * units + j] ? on : off)[i * units + j]!;
        for (let j = 0; j < units; j++)
          gradient[i * units + j]! += weight * (bits[k * units + j]! - on[i * units + j]!);
      }
  }
  return gradient;
}
