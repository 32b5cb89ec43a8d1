// docs/reference/sparsity.md is made of the cards of the controls of sparsity. node --conditions=@heaviside/source --import tsx scripts/sparsity.ts [--write]
// prints or writes it; a test holds it to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type SparsityName, sparsities, sparsityNames } from "../src/gating/sparsity/index.ts";
import { helpOf } from "../src/options/index.ts";
import { codeLink, filesOf } from "./code-of.ts";

const files = filesOf("src/gating/sparsity/index.ts", "sparsities");

function section(name: SparsityName): string {
  const { title, summary, formula, needs, source } = sparsities[name].card;
  const described = Object.entries(sparsities[name].options).map(([option, of]) => `  - \`${option}\`: ${helpOf(of)}`);
  const parts = [
    summary,
    `$${formula}$`,
    `needs: ${needs}`,
    `source: ${source}`,
    `code: ${codeLink(files.get(name)!)}`,
    "options:",
  ];
  return [`## ${name}`, title, [...parts.map((part) => `- ${part}`), ...described].join("\n")].join("\n\n");
}

/** docs/reference/sparsity.md */
export function page(): string {
  return `${[
    "# Controls of sparsity",
    "A control of sparsity brings the share of open gates to a target while a network of gated blocks trains. Several can work together. `none` has no effect.",
    "```sh\nnpx heaviside train --model gated-mlp --gate noisy-rectifier --sparsity adaptive-l1:target=0.1,rescue:target=0.001\n```",
    [
      "At test, the deterministic readout opens exactly the target share (`--open`, or the target of the first control). A gate is open where its score is above a threshold. The",
      "threshold is fitted after each epoch to the first 5,000 training examples, and kept with the parameters. An open gate outputs 1 where its units output bits, and the unit's",
      "readout otherwise. Where the threshold is too low for that readout to be above 0, scores are raised by the difference. One-hot gates open the likeliest class, top-k gates the k",
      "largest.",
    ].join("\n"),
    [
      "A training step is fastest where gradient reaches the gater through open gates alone: the last map of a dense gater is then computed backward for those alone",
      "([what skipping saves](../explanation/conditional.md)). `adaptive-l1`, `beta-noise`, `balance` and `rescue` keep it so. `kl` acts on the rates of all gates.",
    ].join("\n"),
    ...sparsityNames.map(section),
    "Generated from the cards in `src/gating/sparsity/`: `node --conditions=@heaviside/source --import tsx scripts/sparsity.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write"))
    writeFileSync(new URL("../docs/reference/sparsity.md", import.meta.url), page());
  else process.stdout.write(page());
}
