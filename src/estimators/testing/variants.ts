import { type Axis, cells, gaussian, logistic, once } from "../../laws/axis.ts";
import type { Layer } from "../../laws/exact.ts";
import type { Estimator } from "../estimator.ts";
import { estimatorNames, estimatorRow } from "../index.ts";

/** An estimator of the table with one setting of its choices. */
export interface Variant extends Layer {
  readonly label: string; // "noisy-rectifier, noise logistic"
  readonly name: string;
  readonly options: Readonly<Record<string, string | number>>;
}

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

/** The quadrature over a unit's noise: cells that its thresholds cut, or panels that end where a rectifier bends. */
const axisFor =
  (estimator: Estimator, { noise, sd }: Variant["options"]) =>
  (a: number): Axis => {
    if (!estimator.unit.stochastic) return once;
    const s = Number(sd);
    if (noise === "gaussian") return gaussian([-a / s]);
    if (noise === "logistic") return logistic([(-a / s) * (Math.PI / Math.sqrt(3))]);
    if (noise === "bernoulli") return cells([1 / (1 + s ** 2)]);
    const p = sigmoid(a);
    return cells([p, 1 - p, Math.sqrt(p)]);
  };

/** Every row of the table with every combination of its choices, numbers at their defaults times 0.6. */
export const variants: readonly Variant[] = estimatorNames.flatMap((name) => {
  const row = estimatorRow(name);
  const choices = Object.entries(row.options).flatMap(([option, o]) => (o.kind === "choice" ? [{ option, ...o }] : []));
  const combinations = choices.reduce<Record<string, string>[]>(
    (all, { option, choices: values }) =>
      all.flatMap((given) => values.map((value) => ({ ...given, [option]: value }))),
    [{}],
  );
  return combinations.map((given) => {
    const options = Object.fromEntries(
      // Not at their defaults, where a forgotten standard deviation of 1 would not show.
      Object.entries(row.resolve(given)).map(([option, value]) => [
        option,
        typeof value === "number" ? 0.6 * value : value,
      ]),
    );
    const estimator = row(options);
    const label = [name, ...Object.entries(given).map(([option, value]) => `${option} ${value}`)].join(", ");
    return { label, name, options, estimator, axis: axisFor(estimator, options) };
  });
});

/** Whether its noise is a density, which takes hundreds of nodes a unit, and not a few cells. */
export const isSmooth = ({ options }: Variant): boolean => options.noise === "gaussian" || options.noise === "logistic";
