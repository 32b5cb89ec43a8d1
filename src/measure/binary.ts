import type { Unit } from "../estimators/estimator.ts";
import { array, constant, evaluate, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";

/** Whether units output 0 or 1 with P(1) = σ(a): looked up in samples and the readout, as an estimator may draw them in its own way. */
export function isBinary(unit: Unit): boolean {
  if (unit.classes !== undefined) return false;
  const a = Float64Array.from({ length: 400 }, (_, i) => (i - 199.5) / 50);
  const at: Tensor = constant(array(a, { shape: [40, 10] }));
  const [sample, readout] = evaluate([unit.sample(at, key(0)), unit.readout(at)]);
  return (
    sample!.data.every((h: number) => h === 0 || h === 1) &&
    readout!.data.every((p: number, i: number) => Math.abs(p - sigmoid(a[i]!)) < 1e-6)
  );
}

/** Whether one-hot units output exactly that, and not numbers between 0 and 1. */
export function isOneHot(unit: Unit): boolean {
  if (unit.classes === undefined) return false;
  const a = constant(array(new Float64Array(40 * unit.classes), { shape: [40, unit.classes] }));
  return evaluate([unit.sample(a, key(0))])[0]!.data.every((h: number) => h === 0 || h === 1);
}
