// docs/explanation/spiking-bias.md is made by enumeration. node --conditions=@heaviside/source --import tsx scripts/spiking-bias.ts [--write] prints or writes it; a test
// holds two of its rows to the numbers.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CellConfig, cellFor } from "../src/cells/index.ts";
import type { EstimatorConfig } from "../src/estimators/index.ts";
import { add, array, constant, evaluate, matmul, mul, reshape, sum, type Tensor, tanh } from "../src/graph/index.ts";
import { biasThroughTime, type SpikingProblem } from "../src/measure/through-time.ts";
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

/** docs/explanation/spiking-bias.md */
export function page(): string {
  const columns = ["detached", "through reset", "sharpness 5"].flatMap((name) => [`bias, % (${name})`, "cosine"]);
  return `${[
    "# The bias of surrogate gradients",
    "This page is made by `node --conditions=@heaviside/source --import tsx scripts/spiking-bias.ts --write`.",
    [
      "A surrogate slope stands for the derivative of a spike, so its gradient is biased. For short sequences the bias can be computed: every pattern of spikes",
      `is enumerated (${STEPS} steps of ${UNITS} neurons, ${2 ** (STEPS * UNITS)} patterns), with no noise in the result.`,
      "`biasThroughTime` of the library does so for a cell, a sequence and a loss of your own.",
    ].join("\n"),
    [
      "The cell is `lif` with escape noise, P(spike) = σ(k(u − θ)). `bias` is ‖E ĝ − g‖ / ‖g‖ over all parameters, `cosine` is that between E ĝ and g, where g is the gradient of the",
      `expected loss. Both are medians over ${PROBLEMS} problems with normal weights, inputs and losses. The first two columns have k = 1 and differ in whether gradient flows through the`,
      "reset. `threshold` draws nothing: its rows compare a deterministic network's surrogate gradient with g.",
    ].join("\n"),
    [
      `| estimator | ${columns.join(" | ")} |`,
      `|---|${columns.map(() => "---:").join("|")}|`,
      ...estimators.map(row),
    ].join("\n"),
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write"))
    writeFileSync(new URL("../docs/explanation/spiking-bias.md", import.meta.url), page());
  else process.stdout.write(page());
}
