import { array, mean, type NdArray, square, sub } from "../graph/index.ts";
import { checkNumber } from "../rules.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import type { Problem } from "./problem.ts";

/** The target and the first parameters of the toy problem. */
export interface ToyOptions {
  /** t */
  readonly target: number;
  /** D (default: 1). */
  readonly units?: number | undefined;
  /** Pre-activation of every unit (default: 0): p = ½. */
  readonly logit?: number | undefined;
}

/**
 * f(b) = 1/D Σ (bᵢ − t)²: a toy whose minimum is all ones where t > ½, and all zeros where t < ½. The mean over the units, so that f
 * stays in [0, 1] for any D.
 * Tucker et al. 2017, REBAR, https://arxiv.org/abs/1703.07370 (t = 0.45, D = 1); Grathwohl et al. 2018, RELAX,
 * https://arxiv.org/abs/1711.00123 (t = 0.499). Throws UserError for options out of range.
 */
export function toyProblem({ target, units = 1, logit = 0 }: ToyOptions): Problem {
  checkNumber("toy: target", target, {});
  checkNumber("toy: units", units, { whole: true, atLeast: 1 });
  checkNumber("toy: logit", logit, {});
  const p = sigmoid(logit);
  const a: NdArray = array(new Float32Array(units).fill(logit), { shape: [1, units] });
  return {
    name: `toy: mean of (b − ${target})² over ${units} ${units === 1 ? "unit" : "units"} with p = ${Number(p.toPrecision(4))}`,
    examples: 1,
    units,
    inputs: { a, rest: {} },
    downstream: () => (h) => mean(square(sub(h, target)), 1),
    // E f = 1/D Σ p(1 − t)² + (1 − p)t², whose derivative is σ′(a)(1 − 2t)/D.
    gradient: new Float64Array(units).fill((p * (1 - p) * (1 - 2 * target)) / units),
  };
}
