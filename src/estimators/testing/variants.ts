import { cells, type Draw, gaussian, type LawOptions, logistic } from "../../laws/index.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import type { Estimator } from "../estimator.ts";
import { estimatorNames, estimatorRow } from "../index.ts";
import type { Option } from "../options/option.ts";
import { lawOptions } from "./law-options.ts";

/** An estimator of the table with one setting of its choices. */
export interface Variant {
  readonly label: string; // "noisy-rectifier, noise logistic"
  readonly name: string;
  readonly options: Readonly<Record<string, string | number>>;
  readonly estimator: Estimator;
  readonly laws: LawOptions;
}

/** Units with noise injected bend where the noise opens them; the others compare a draw with σ(a) or √σ(a). */
const noiseOf =
  ({ noise, sd }: Variant["options"]) =>
  (a: number, _draw: Draw) => {
    const s = Number(sd);
    if (noise === "gaussian") return gaussian([-a / s]);
    if (noise === "logistic") return logistic([(-a / s) * (Math.PI / Math.sqrt(3))]);
    return cells(noise === "bernoulli" ? [1 / (1 + s ** 2)] : [sigmoid(a), sigmoid(-a), Math.sqrt(sigmoid(a))]);
  };

/** Not at the defaults, where a forgotten standard deviation of 1, or K − 1 for K = 2, would not show. */
const offDefault = (option: Option, value: string | number): string | number => {
  if (option.kind === "choice") return value;
  const { whole, above = -Infinity, atLeast = -Infinity } = option.rule;
  if (whole) return Math.max(3, atLeast);
  const less = 0.6 * Number(value);
  return less > above && less >= atLeast ? less : 1.4 * Number(value);
};

/**
 * With three samples, where the second draw of ARMS is cut depends on its first: two can be integrated over draw by draw. Of two units
 * top-k can choose one, or both where a single one would always send 1.
 */
const settings: Readonly<Record<string, (given: Variant["options"]) => Variant["options"]>> = {
  arms: () => ({ samples: 2 }),
  "top-k": ({ value }) => ({ k: value === "renormalised" ? 2 : 1 }),
};

/** Every row of the table with every combination of its choices. */
export const variants: readonly Variant[] = estimatorNames.flatMap((name) => {
  const row = estimatorRow(name);
  if (row.card.categorical) return []; // they have laws of their own
  const choices = Object.entries(row.options).flatMap(([option, o]) => (o.kind === "choice" ? [{ option, ...o }] : []));
  const combinations = choices.reduce<Record<string, string>[]>(
    (all, { option, choices: values }) =>
      all.flatMap((given) => values.map((value) => ({ ...given, [option]: value }))),
    [{}],
  );
  return combinations.map((given) => {
    const options: Variant["options"] = {
      ...Object.fromEntries(
        Object.entries(row.resolve(given)).map(([option, value]) => [option, offDefault(row.options[option]!, value!)]),
      ),
      ...settings[name]?.(given),
    };
    const own = lawOptions[name]?.(options) ?? {};
    const smooth = options.noise === "gaussian" || options.noise === "logistic";
    const laws: LawOptions = {
      noise: noiseOf(options),
      units: smooth || own.noise === "smooth" ? 1 : 3,
      ...(options.samples !== undefined && { samples: Number(options.samples) }),
      ...(options.live !== undefined && { live: options.live as "one" | "all" }),
      ...own,
    };
    const label = [name, ...Object.entries(given).map(([option, value]) => `${option} ${value}`)].join(", ");
    return { label, name, options, estimator: row(options), laws };
  });
});
