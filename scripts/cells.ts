// docs/cells.md is made of the cells' cards. node --conditions=source --import tsx scripts/cells.ts [--write] prints or
// writes it; a test holds it to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CellConfig, type CellName, cellFor, cellNames, cells } from "../src/cells/index.ts";
import { cellParts } from "../src/describe/cell-cards.ts";
import { markdownTable } from "../src/describe/table.ts";
import { sizeOf } from "../src/graph/ndarray.ts";

const SIZES = { inputs: 28, units: 128 } as const;

/** The variants of Greff et al. by their names there. */
const odyssey: readonly (readonly [name: string, what: string, config: CellConfig])[] = [
  ["V", "vanilla", { name: "lstm", peepholes: true }],
  ["NIG", "no input gate", { name: "lstm", peepholes: true, inputGate: "none" }],
  ["NFG", "no forget gate", { name: "lstm", peepholes: true, forgetGate: false }],
  ["NOG", "no output gate", { name: "lstm", peepholes: true, outputGate: false }],
  ["NIAF", "no input activation", { name: "lstm", peepholes: true, candidate: "linear" }],
  ["NOAF", "no output activation", { name: "lstm", peepholes: true, activation: "linear" }],
  ["CIFG", "coupled input and forget gate", { name: "lstm", peepholes: true, inputGate: "coupled" }],
  ["NP", "no peepholes", { name: "lstm" }],
  ["FGR", "full gate recurrence", { name: "lstm", peepholes: true, gateRecurrence: true }],
];

const flag = ({ name, ...options }: CellConfig): string =>
  [name, Object.entries(options).map(([key, value]) => `${key}=${value}`)].filter((part) => part.length > 0).join(":");
const counts = (config: CellConfig): string[] => {
  const { parameters, multiplyAdds } = cellFor(config, SIZES);
  const numbers = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return [numbers, multiplyAdds].map((n) => n.toLocaleString("en"));
};

const overview = (): string =>
  markdownTable(
    [
      ["cell", "", "parameters", "multiply-adds a step"],
      ...cellNames.map((name) => [`[\`${name}\`](#${name})`, cells[name].card.title, ...counts({ name })]),
    ],
    [2, 3],
  );

const variants = (): string =>
  markdownTable(
    [
      ["variant", "", "as a config's text", "parameters", "multiply-adds a step"],
      ...odyssey.map(([name, what, config]) => [name, what, `\`${flag(config)}\``, ...counts(config)]),
    ],
    [3, 4],
  );

function section(name: CellName): string {
  const { title, summary, aliases, equations, neurons, parameters, state, options, source } = cellParts({ name });
  const parts = [
    ...(aliases.length > 0 ? [`also called: ${aliases.map((alias) => `\`${alias}\``).join(", ")}`] : []),
    `state: ${state.map((vector) => `\`${vector}\``).join(", ")}`,
    `parameters: ${parameters.map(([own, shape]) => `\`${own} ${shape}\``).join(", ")}`,
    ...(options.length > 0 ? ["options:", ...options.map(([option, text]) => `  - \`${option}\`: ${text}`)] : []),
    `source: ${source}`,
  ];
  return [
    `## ${name}`,
    `${title[0]!.toUpperCase()}${title.slice(1)}. ${summary}`,
    equations.map((equation) => `$$${equation}$$`).join("\n\n"),
    markdownTable(neurons, []),
    parts.map((part) => (part.startsWith("  ") ? part : `- ${part}`)).join("\n"),
  ].join("\n\n");
}

/** docs/cells.md */
export function page(): string {
  return `${[
    "# Recurrent cells",
    "This page is made of the cards in `src/cells/` by `node --conditions=source --import tsx scripts/cells.ts --write`. `npx heaviside cells` lists them, and `npx heaviside cells lstm:peepholes=true` prints the card that these options come to.",
    "A cell is a list of neurons. Each sees some of the input $x_t$, the state, and other neurons, and stands at a place of its unit: on the dendrite, near the soma, or on the axon. It squashes what it adds up, or it decides: any [estimator](estimators.md) may take the place of a gate's sigmoid. Matrices are [from, to]; I is the number of inputs and H of units.",
    `Sizes are for ${SIZES.inputs} inputs and ${SIZES.units} units, multiply-adds for one example.`,
    overview(),
    "## The variants of the LSTM",
    "[Greff et al. 2017](https://arxiv.org/abs/1503.04069) compare eight variants with one LSTM with peepholes. Here peepholes are off unless they are asked for, as in PyTorch.",
    variants(),
    ...cellNames.map(section),
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(new URL("../docs/cells.md", import.meta.url), page());
  else console.log(page());
}
