import { intervalChart, numberText } from "../../plots/index.ts";
import type { GradientNoise } from "../gather/gradient-noise.ts";
import { figure, htmlTable } from "../page.ts";
import { type Block, sectionOf } from "./block.ts";

/** How much noise the gradient of a training step has, by layer. */
export const gradientNoise: Block = {
  name: "gradient-noise",
  title: "Gradient noise",
  reads:
    "Signal over noise of the gradient of one training step, by layer: the length of its mean over its standard deviation, at the parameters of the selected epoch. Below 1 a single step is mostly noise. Lines are 95% intervals. A batch of n times as many examples has less noise from examples and as much signal.",
  async draw({ runs }) {
    const found = runs.flatMap(({ name, gradientNoise: noise }) => (noise ? [{ name, noise }] : []));
    const items = found.flatMap(({ name, noise }) =>
      noise.layers.map((layer) => ({
        ...{ name: found.length > 1 ? `${name}, ${layer.name}` : layer.name },
        ...layer.signalToNoise,
      })),
    );
    if (items.length === 0) return [];
    const { batch, steps } = found[0]!.noise;
    const picture = await intervalChart(items, { title: finding(items), x: "signal / noise of one step's gradient" });
    return sectionOf(gradientNoise, [
      figure(picture, `From ${steps} steps of ${batch} training examples each, no example twice.`),
      ...drawnTable(found),
    ]);
  },
};

/** The layer with the most noise. */
function finding(items: readonly { readonly name: string; readonly value: number }[]): string {
  const least = items.reduce((a, b) => (b.value < a.value ? b : a));
  const times = numberText(1 / least.value, 2);
  if (!(least.value > 0)) return `No gradient was found in the noise of ${least.name}`;
  return least.value < 1
    ? `The gradient of ${least.name} has ${times} times as much noise as signal`
    : `Every layer's gradient has more signal than noise; least in ${least.name}, ${numberText(least.value, 2)}`;
}

/** How much of the noise is due to draws, where units draw. */
function drawnTable(found: readonly { readonly name: string; readonly noise: GradientNoise }[]): string[] {
  const rows = found.flatMap(({ name, noise }) =>
    noise.layers.flatMap(({ name: layer, drawn }) =>
      drawn === undefined || !Number.isFinite(drawn)
        ? []
        : [[found.length > 1 ? `${name}, ${layer}` : layer, (100 * drawn).toFixed(0), (100 * (1 - drawn)).toFixed(0)]],
    ),
  );
  return rows.length === 0
    ? []
    : [htmlTable([["share of the variance, %", "what units draw", "which examples"], ...rows])];
}
