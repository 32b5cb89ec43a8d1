// docs/reference/sparsity.md is made of the cards of the controls of sparsity. node --conditions=@heaviside/source --import tsx scripts/sparsity.ts [--write]
// prints or writes it; a test holds it to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type SparsityName, sparsities, sparsityNames } from "../src/gating/sparsity/index.ts";
import { helpOf } from "../src/options/index.ts";

function section(name: SparsityName): string {
  const { title, summary, formula, needs, source } = sparsities[name].card;
  const described = Object.entries(sparsities[name].options).map(([option, of]) => `  - \`${option}\`: ${helpOf(of)}`);
  const parts = [summary, `$${formula}$`, `needs: ${needs}`, `source: ${source}`, "options:"];
  return [`## ${name}`, title, [...parts.map((part) => `- ${part}`), ...described].join("\n")].join("\n\n");
}

/** docs/reference/sparsity.md */
export function page(): string {
  return `${[
    "# Sparsity",
    "This page is made of the cards in `src/gating/sparsity/` by `node --conditions=@heaviside/source --import tsx scripts/sparsity.ts --write`.",
    "What brings the share of open gates to a target while a network of gated blocks trains: `npx heaviside train --model gated-mlp --gate noisy-rectifier --sparsity adaptive-l1:target=0.1,rescue:target=0.001`; several work together, `none` leaves gates alone.",
    [
      "Whatever they reach, the deterministic readout opens the share that is asked for (`--open`, or the first control's target): a gate is open where its score is",
      "above a threshold, fitted after each epoch to the first 5,000 training examples, and kept with the parameters. An open gate sends 1 where its units send bits, and the",
      "unit's readout otherwise; where the threshold is below what that readout needs to be more than 0, scores are raised by the difference. One-hot gates open the likeliest class, and",
      "top-k gates the k largest.",
    ].join("\n"),
    [
      "What a control asks of closed gates has a price: a step is quickest where gradient reaches the gater through open gates alone, since the backward pass of a dense gater's",
      "last map is then worked out for those alone ([what that is worth](../explanation/conditional.md)). `adaptive-l1`, `beta-noise`, `balance` and `rescue` leave it so; `kl` acts on the rates of all gates.",
    ].join("\n"),
    ...sparsityNames.map(section),
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write"))
    writeFileSync(new URL("../docs/reference/sparsity.md", import.meta.url), page());
  else process.stdout.write(page());
}
