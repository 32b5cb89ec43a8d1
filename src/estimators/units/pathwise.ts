import type { Estimator, Unit } from "../estimator.ts";

/** Ordinary backpropagation through what the unit outputs, its noise held fixed: ĝ = ∂L/∂h · ∂h/∂a. Kingma and Welling 2014, https://arxiv.org/abs/1312.6114. */
export const pathwise = (unit: Unit): Pick<Estimator, "unit" | "estimate"> => ({
  unit,
  estimate: (a, key, downstream, state) => ({ loss: downstream(unit.sample(a, key)), state }),
});
