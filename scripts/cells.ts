// docs/reference/cells.md is made of the cells' cards, and its pictures are drawn of them. node --conditions=@heaviside/source --import tsx
// scripts/cells.ts [--write] prints the page or writes all of it; a test holds them to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CellConfig, type CellName, cellFor, cellNames, cells } from "../src/cells/index.ts";
import { cellParts } from "../src/describe/cell-cards.ts";
import { type CellForm, cellPicture } from "../src/describe/cells/index.ts";
import { markdownTable } from "../src/describe/table.ts";
import { sizeOf } from "../src/graph/ndarray.ts";
import { codeLink, filesOf } from "./code-of.ts";

const files = filesOf("src/cells/index.ts", "cells");
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

/** The pictures of the page. */
export const pictures: readonly {
  readonly name: CellName;
  readonly form: CellForm;
  readonly file: string;
  readonly says: string;
}[] = [
  { name: "lstm", form: "neurons", file: "cell-lstm.svg", says: "An LSTM as a nest of neurons, from dendrite to axon" },
  {
    name: "lstm",
    form: "textbook",
    file: "cell-lstm-textbook.svg",
    says: "One step of an LSTM in the textbook's form",
  },
  {
    name: "gru",
    form: "neurons",
    file: "cell-gru.svg",
    says: "A GRU as a nest of neurons: the reset gate acts on the candidate's dendrite",
  },
  {
    name: "lif",
    form: "neurons",
    file: "cell-lif.svg",
    says: "A leaky integrate-and-fire neuron: the spike is the axon's threshold",
  },
];
export const drawn = ({ name, form }: { readonly name: CellName; readonly form: CellForm }): string =>
  cellPicture({ name }, form);

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
    `code: ${codeLink(files.get(name)!)}`,
  ];
  return [
    `## ${name}`,
    `${title[0]!.toUpperCase()}${title.slice(1)}. ${summary}`,
    equations.map((equation) => `$$${equation}$$`).join("\n\n"),
    markdownTable(neurons, []),
    ...pictures.flatMap((one) => (one.name === name ? [`![${one.says}](../pictures/${one.file})`] : [])),
    parts.map((part) => (part.startsWith("  ") ? part : `- ${part}`)).join("\n"),
  ].join("\n\n");
}

/** docs/reference/cells.md */
export function page(): string {
  return `${[
    "# Recurrent cells",
    "A cell is a list of neurons. Each reads some of the input $x_t$, the state, and other neurons. It has a place in its unit: on the dendrite, near the soma, or on the axon. It squashes its sum, or it decides: any [estimator](estimators.md) can take the place of a gate's sigmoid.",
    "```sh\nnpx heaviside cells                                      # lists them\nnpx heaviside cells lstm:peepholes=true --svg lstm.svg   # the card of these options, and the cell drawn as neurons\nnpx heaviside cells lstm --form textbook --svg step.svg  # one step with its equations\n```",
    `Matrices are [from, to]. I counts inputs and H units. Sizes are for ${SIZES.inputs} inputs and ${SIZES.units} units, multiply-adds for one example.`,
    overview(),
    "## The variants of the LSTM",
    "[Greff et al. 2017](https://arxiv.org/abs/1503.04069) compare eight variants with one LSTM with peepholes. Here peepholes are off unless they are asked for, as in PyTorch.",
    variants(),
    ...cellNames.map(section),
    "Generated from the cards in `src/cells/`: `node --conditions=@heaviside/source --import tsx scripts/cells.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) {
    writeFileSync(new URL("../docs/reference/cells.md", import.meta.url), page());
    for (const picture of pictures)
      writeFileSync(new URL(`../docs/pictures/${picture.file}`, import.meta.url), drawn(picture));
  } else console.log(page());
}
