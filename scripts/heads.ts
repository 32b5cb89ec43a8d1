// docs/reference/heads.md is made of the heads' cards, and of heads themselves: their metrics and fields. node
// --conditions=@heaviside/source --import tsx scripts/heads.ts [--write] prints or writes it; a test holds it to them.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { type Head, type HeadCard, type Metric, titleOf } from "../src/models/head.ts";
import { bits } from "../src/models/heads/bits.ts";
import { headCards } from "../src/models/heads/cards.ts";
import { classes } from "../src/models/heads/classes.ts";
import { evidence } from "../src/models/heads/evidence.ts";
import { gaussian } from "../src/models/heads/gaussian.ts";
import { mixture } from "../src/models/heads/mixture.ts";
import { stepClasses } from "../src/models/heads/step-classes.ts";
import { values } from "../src/models/heads/values.ts";
import { heads } from "../src/models/options.ts";
import type { Options } from "../src/options/index.ts";
import { codeLink, filesOf } from "./code-of.ts";
import { aliasLine, cardText, code, optionTable, sourceLine } from "./option-rows.ts";

const files = filesOf("src/models/heads/index.ts", "heads");

/** The sizes that stand for the letters of the cards: each is another number, so that a shape names its letter. */
export const sizes = { B: 19, C: 17, D: 5, T: 7, M: 11, H: 13 } as const;
const { C, D, T, M } = sizes;

/** A head of each kind with those sizes, and how a program writes it. */
export const samples: { readonly [K in keyof typeof headCards]: readonly [made: Head, as: string] } = {
  classes: [classes(C), "classes(C)"],
  values: [values(D), "values(D)"],
  gaussian: [gaussian(D), "gaussian(D)"],
  bits: [bits(D), "bits(D)"],
  "step-classes": [stepClasses(T, { classes: C, lengths: "lengths" }), "stepClasses(T, { classes: C })"],
  mixture: [mixture(T, { components: M, lengths: "lengths" }), "mixture(T, { components: M })"],
  evidence: [evidence(), "evidence()"],
};

/** A shape of numbers in the letters that they stand for. */
const lettered = (shape: readonly number[]): string =>
  `[${["B", ...shape.map((n) => Object.entries(sizes).find(([, size]) => size === n)?.[0] ?? n)].join(", ")}]`;

const metric = ({ select }: Head, one: Metric): string =>
  [
    `${code(one.name)}: ${titleOf(one)}${one.unit ? ` in ${one.unit}` : ", in the unit of the data"}, ${one.better} is better`,
    select.metric === one.name ? `; selects the epoch by the ${select.readout} readout` : "",
  ].join("");

function section(kind: keyof typeof headCards, card: HeadCard): string {
  const [head, as] = samples[kind];
  const fields = Object.entries(head.fields).map(
    ([name, { dtype, shape }]) => `${code(name)} ${dtype} ${lettered(shape)}`,
  );
  const predicts = Object.entries(card.predicts).map(([name, shape]) => `${code(name)} ${shape}`);
  const own = head.row?.parameters.map(({ name, shape }) => `${code(name)} ${lettered(shape).replace("B, ", "")}`);
  const options: Options | undefined = Object.entries(heads.members).find(([name]) => name === kind)?.[1].options;
  return [
    cardText(`## ${kind}`, card, [
      `in programs: ${code(as)}`,
      `reads: ${head.reads} ${card.reads}`,
      `fields of the data: ${fields.length > 0 ? fields.join(", ") : "nothing beside the input"}`,
      `predicts: ${predicts.join(", ")}`,
      ...(own ? [`parameters of its own: ${own.join(", ")}`] : []),
      ...head.metrics.map((one) => `metric ${metric(head, one)}`),
      aliasLine(heads.aliases, kind),
      sourceLine(card),
      `code: ${codeLink(files.get(kind)!)}`,
    ]),
    options ? optionTable(options) : "It is no head of a config: `autoencoder` gives it to its network.",
  ].join("\n\n");
}

/** docs/reference/heads.md */
export function page(): string {
  const cards = Object.entries(headCards) as [keyof typeof headCards, HeadCard][];
  return `${[
    "# Heads",
    "A head gives the last output of a network its meaning: the loss, the predictions, the metrics, and the metric that selects the best epoch. [Your own](../how-to/loss.md) is one object.",
    "```sh\nnpx heaviside train --data table --file prices.csv --target price --model network --stages dense:units=64,estimator=disarm --head gaussian\n```",
    "In shapes B counts examples, C classes, D values, T steps, M components and H units. D may stand for a shape of several axes. In formulas $a$ is what the head reads, and $y$ the target.",
    markdownTable(
      [
        ["head", "", "reads", "selects by"],
        ...cards.map(([kind, { title, reads }]) => [
          `[${code(kind)}](#${kind})`,
          title,
          reads,
          code(samples[kind][0].select.metric),
        ]),
      ],
      [],
    ),
    ...cards.map(([kind, card]) => section(kind, card)),
    "Generated from the cards in `src/models/heads/`: `node --conditions=@heaviside/source --import tsx scripts/heads.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(new URL("../docs/reference/heads.md", import.meta.url), page());
  else console.log(page());
}
