// docs/explanation/spiking-bias.md is made by enumeration. node --conditions=@heaviside/source --import tsx scripts/spiking-bias.ts [--write] prints or writes it; a test
// holds two of its rows to the numbers.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CellConfig, cellFor } from "../src/cells/index.ts";
import type { EstimatorConfig } from "../src/estimators/index.ts";
import { add, array, constant, evaluate, matmul, mul, reshape, sum, type Tensor, tanh } from "../src/graph/index.ts";
import { biasThroughTime, type SpikingProblem } from "../src/measure/through-time.ts";
import { barChart } from "../src/plots/index.ts";
import { key } from "../src/random/index.ts";

const [STEPS, UNITS, INPUTS, PROBLEMS] = [3, 2, 2, 20];
const slopes = ["sigmoid", "fast-sigmoid", "arctan", "triangle"] as const;
const estimators: readonly EstimatorConfig[] = [
  "score-function",
  "straight-through",
  ...slopes.map((slope) => ({ name: "straight-through-slope", slope }) as const),
  ...slopes.map((slope) => ({ name: "threshold", slope }) as const),
];

/** Numbers that depend on the seed alone, float64. */
const normal = (seed: number, shape: readonly number[]): Tensor =>
  constant(evaluate([key(seed).normal([...shape], { dtype: "float64" })])[0]!);

/** Problem number `seed`: normal weights, inputs and loss. Σⱼ vⱼ tanh(Σ w s)ⱼ bends in every spike. */
function problem(seed: number, spike: EstimatorConfig, more: object): SpikingProblem {
  const cell = { name: "lif", tau: 4, threshold: 1, resetGradient: false, spike, ...more } as CellConfig;
  const made = cellFor(cell, { inputs: INPUTS, units: UNITS });
  const params = made.parameters.map(({ name, shape }, i) => [name, normal(1000 * seed + i + 1, shape)] as const);
  const mix = normal(1000 * seed + 500, [STEPS * UNITS, 3]);
  const end = constant(array([1.3, -0.7, 0.9], { dtype: "float64" }));
  return {
    ...{ cell, units: UNITS, params: Object.fromEntries(params), x: normal(1000 * seed + 600, [STEPS, INPUTS]) },
    loss: (outputs) =>
      add(sum(mul(tanh(matmul(reshape(outputs, [outputs.shape[0]!, STEPS * UNITS]), mix)), end), 1), 1),
  };
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

const settings: readonly object[] = [{}, { resetGradient: true }, { sharpness: 5 }];

/** An estimator's row of the table. */
export function row(spike: EstimatorConfig): string {
  const found = settings.flatMap((more) => {
    const biases = Array.from({ length: PROBLEMS }, (_, seed) => biasThroughTime(problem(seed + 1, spike, more)));
    const percent = 100 * median(biases.map(({ bias }) => bias));
    return [percent < 1e-6 ? "0" : percent.toFixed(0), median(biases.map(({ cosine }) => cosine)).toFixed(2)];
  });
  const name = typeof spike === "string" ? spike : `${spike.name}, ${"slope" in spike ? spike.slope : ""}`;
  return `| ${[name, ...found].join(" | ")} |`;
}

export const PICTURE = "docs/pictures/spiking-bias.svg";

/** The cosines of the page's first columns, without what is unbiased. */
export async function picture(page: string): Promise<string> {
  const rows = [...page.matchAll(/^\| ([a-z][^|]+) \| ([\d.]+) \| ([\d.]+) \|/gm)].filter(([, , bias]) => bias !== "0");
  const bars = rows.map(([, name, , cosine]) => ({
    ...{ name: name!, value: Number(cosine) },
    colour: name!.startsWith("straight-through-slope") ? "#d97706" : "#4269d0",
  }));
  const title = "Most surrogate gradients point nearly the right way";
  return `${await barChart(bars, { title, x: "cosine with the true gradient", width: 440 })}\n`;
}

/** docs/explanation/spiking-bias.md */
export function page(): string {
  const columns = ["detached", "through reset", "sharpness 5"].flatMap((name) => [`bias, % (${name})`, "cosine"]);
  return `${[
    "# The bias of surrogate gradients",
    [
      "Spiking networks train with a surrogate slope in place of a spike's derivative, so their gradient is biased. Its direction is nearly right: the cosine with the",
      "true gradient is mostly above 0.9. Its length is not: it is off by a third to a half with the slope σ′, and by nearly all with a narrow slope.",
    ].join("\n"),
    "![Cosine of nine surrogate gradients with the true gradient](../pictures/spiking-bias.svg)",
    "The bias is computed, and not estimated:",
    [
      `- Every pattern of spikes of a short sequence is enumerated: ${STEPS} steps of ${UNITS} neurons, ${2 ** (STEPS * UNITS)} patterns.`,
      "- The cell is `lif` with escape noise: P(spike) = σ(k(u − θ)).",
      "- g is the gradient of the expected loss, and ĝ the estimate. `bias` is ‖E ĝ − g‖ / ‖g‖ over all parameters. `cosine` is that between E ĝ and g.",
      `- Figures are medians over ${PROBLEMS} problems with normal weights, inputs and losses.`,
      "- In the first two columns k = 1. They differ in whether gradient flows through the reset.",
      "- `threshold` draws nothing. Its rows compare the surrogate gradient of a deterministic network with g.",
    ].join("\n"),
    "[`biasThroughTime`](../how-to/sequences.md#the-bias-of-a-spikes-gradient) does the same for a cell, a sequence and a loss of your own.",
    [
      `| estimator | ${columns.join(" | ")} |`,
      `|---|${columns.map(() => "---:").join("|")}|`,
      ...estimators.map(row),
    ].join("\n"),
    "Generated by `node --conditions=@heaviside/source --import tsx scripts/spiking-bias.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = page();
  if (process.argv.includes("--write")) {
    writeFileSync(new URL("../docs/explanation/spiking-bias.md", import.meta.url), made);
    writeFileSync(new URL(`../${PICTURE}`, import.meta.url), await picture(made));
  } else process.stdout.write(made);
}
