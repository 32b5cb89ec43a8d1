// docs/reference/optimizers.md is made of the cards in src/optimizers. node --conditions=@heaviside/source --import tsx
// scripts/optimizers.ts [--write] prints or writes it; a test holds it to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { clipCards, decayCards, maxNormCard, optimizerCards, scheduleCards } from "../src/optimizers/cards.ts";
import { clipOptions, optimizers, schedules, weightDecays } from "../src/optimizers/config.ts";
import type { Options, PartCard } from "../src/options/index.ts";
import { trainingOptions } from "../src/train/config.ts";
import { codeLink, fileOf } from "./code-of.ts";
import { aliasLine, cardText, code, optionTable, sourceLine } from "./option-rows.ts";

const made = (name: string): string =>
  `in programs: \`${name}\` of [\`heaviside/engine\`](api/engine.md#${name.toLowerCase()}), in ${codeLink(fileOf(name))}`;

/** A card with the options that belong to it. */
const section = (name: string, card: PartCard, options: Options, lines: readonly (string | undefined)[]): string =>
  [cardText(`### ${name}`, card, [...lines, sourceLine(card)]), optionTable(options)].join("\n\n");

const overview = (): string =>
  markdownTable(
    [
      ["optimizer", "", "numbers kept for each parameter"],
      ...Object.entries(optimizerCards).map(([name, { title, memory }]) => [
        `[${code(name)}](#${name})`,
        title,
        String(memory),
      ]),
    ],
    [2],
  );

/** docs/reference/optimizers.md */
export function page(): string {
  const { warmup, ...ofSchedules } = scheduleCards;
  return `${[
    "# Optimizers and schedules",
    "An optimizer turns gradients into new parameters. A schedule changes its rate with time. Clipping, weight decay and max-norm act around its step.",
    "```sh\nnpx heaviside train --optimizer adam --rate 0.001 --schedule cosine:warmup=1 --clip norm=5 --weight-decay decoupled:rate=0.01\n```",
    [
      "In formulas $\\theta$ is a parameter, $g$ its gradient, $\\eta$ the rate, $t$ the time, and $T$ the length of the training.",
      "In programs, `optimizerFor` makes an optimizer of a config, and `updateFor` the whole update.",
    ].join(" "),
    "## Optimizers",
    overview(),
    "Each also takes the options of all:",
    optionTable(optimizers.common),
    ...Object.entries(optimizerCards).map(([name, card]) =>
      section(name, card, optimizers.members[name as keyof typeof optimizerCards].options, [
        `numbers kept for each parameter: ${card.memory}`,
        aliasLine(optimizers.aliases, name),
        made(name),
      ]),
    ),
    "## Schedules",
    "A schedule is a factor on the rate. In configs, times are in epochs and a step is a fraction of one; in programs, they are in steps.",
    ...Object.entries(ofSchedules).map(([name, card]) =>
      section(name, card, schedules.members[name as keyof typeof ofSchedules].options, [
        aliasLine(schedules.aliases, name),
        made(card.made),
      ]),
    ),
    section("warmup", warmup, schedules.common, ["an option of every schedule", made(warmup.made)]),
    "## Around the step",
    "One step does this, in order: clip by value, clip by norm, add the L2 penalty, the optimizer's step, decoupled decay, max-norm.",
    section("clip: value", clipCards.clipValue, { value: clipOptions.value }, [
      "flag: `--clip value=1`",
      made("clipValue"),
    ]),
    section("clip: norm", clipCards.clipNorm, { norm: clipOptions.norm }, ["flag: `--clip 5`", made("clipNorm")]),
    ...Object.entries(decayCards).map(([kind, card]) =>
      section(`weight decay: ${kind}`, card, weightDecays.members[kind as keyof typeof decayCards].options, [
        `flag: \`--weight-decay ${kind}:rate=0.01\``,
        made(card.made),
      ]),
    ),
    section("max-norm", maxNormCard, { maxNorm: trainingOptions.maxNorm, maxNormEvery: trainingOptions.maxNormEvery }, [
      "flag: `--max-norm 3`",
      made("maxNorm"),
    ]),
    "Generated from the cards in `src/optimizers/`: `node --conditions=@heaviside/source --import tsx scripts/optimizers.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write"))
    writeFileSync(new URL("../docs/reference/optimizers.md", import.meta.url), page());
  else console.log(page());
}
