// docs/reference/stages.md is made of the cards of stages and of ways to scale inputs. node --conditions=@heaviside/source
// --import tsx scripts/stages.ts [--write] prints or writes it; a test holds it to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { preprocesses } from "../src/layers/preprocess/index.ts";
import type { StageCard } from "../src/models/stage.ts";
import { stages } from "../src/models/stage-options.ts";
import { stageCards } from "../src/models/stages/cards.ts";
import type { Options } from "../src/options/index.ts";
import { codeLink, filesOf } from "./code-of.ts";
import { aliasLine, cardText, code, optionTable, sourceLine } from "./option-rows.ts";

const files = filesOf("src/models/stages/index.ts", "stages");
const waysToScale = filesOf("src/layers/preprocess/index.ts", "preprocesses");

/** What the functions are called in programs, where a config writes a dash. */
const functionOf = (kind: string): string => kind.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What a stage is made of that has pages of its own. */
const pagesOf: { readonly [K in keyof typeof stageCards]?: string } = {
  dense: "[estimators](estimators.md)",
  gated: "[estimators](estimators.md), [gaters](gaters.md), [controls of sparsity](sparsity.md)",
  latent: "[estimators](estimators.md)",
  recurrent: "[cells](cells.md), [controls of sparsity](sparsity.md)",
};

function section(kind: keyof typeof stageCards, card: StageCard): string {
  const options: Options | undefined = Object.entries(stages.members).find(([name]) => name === kind)?.[1].options;
  const parts = pagesOf[kind];
  const name = functionOf(kind);
  return [
    cardText(`## ${kind}`, card, [
      `in programs: [${code(`${name}({ … })`)}](api/heaviside.md#${name.toLowerCase()})`,
      `reads: ${card.reads}`,
      `outputs: ${card.outputs}`,
      parts && `made of: ${parts}`,
      aliasLine(stages.aliases, kind),
      sourceLine(card),
      `code: ${codeLink(files.get(kind)!)}`,
    ]),
    options ? optionTable(options) : "It is no stage of a config: `autoencoder` makes a network of it.",
  ].join("\n\n");
}

const scaling = (): string[] =>
  Object.entries(preprocesses).map(([name, { summary, formula, lists }]) =>
    cardText(`### ${name}`, { title: summary, summary: "A value that never changes in training becomes 0.", formula }, [
      "reads: x [B, …] float32",
      "outputs: [B, …]",
      `fitted to the training examples, one number for each value: ${Object.keys(lists).map(code).join(", ")}`,
      `code: ${codeLink(waysToScale.get(name)!)}`,
    ]),
  );

/** docs/reference/stages.md */
export function page(): string {
  const cards = Object.entries(stageCards) as [keyof typeof stageCards, StageCard][];
  return `${[
    "# Stages",
    "A network is a list of stages and a [head](heads.md). A stage turns what it reads into pre-activations, and its units decide by an [estimator](estimators.md). [Your own](../how-to/network.md) is one function.",
    '```sh\nnpx heaviside train --model network --stages "dense:units=64,estimator=disarm gated:blocks=32,gate=straight-through"\n```',
    "In shapes B counts examples, N the values of one, T steps, I the numbers of a step and H units. `mlp`, `gatedMlp`, `recurrentNetwork` and `autoencoder` make the usual lists.",
    markdownTable(
      [
        ["stage", "", "reads", "outputs"],
        ...cards.map(([kind, { title, reads, outputs }]) => [`[${code(kind)}](#${kind})`, title, reads, outputs]),
      ],
      [],
    ),
    ...cards.map(([kind, card]) => section(kind, card)),
    "## Scaling inputs",
    "`fitPreprocess` fits a way to scale inputs to the training examples. It belongs to the network, so a loaded network takes the same inputs. The command line standardises the columns of tables.",
    ...scaling(),
    "Generated from the cards in `src/models/stages/` and `src/layers/preprocess/`: `node --conditions=@heaviside/source --import tsx scripts/stages.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(new URL("../docs/reference/stages.md", import.meta.url), page());
  else console.log(page());
}
