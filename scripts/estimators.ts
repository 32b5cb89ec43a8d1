// What the pages say about estimators comes from their cards. node --conditions=@heaviside/source --import tsx scripts/estimators.ts
// [--write] prints or writes docs/reference/estimators.md; a test holds it to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cardParts, closedGates, countText, needs, unbiasedText } from "../src/describe/cards.ts";
import { markdownTable } from "../src/describe/table.ts";
import { estimatorNames, estimatorRow } from "../src/estimators/index.ts";
import { codeLink, filesOf } from "./code-of.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = filesOf("src/estimators/index.ts", "estimators");

/** The table at the top of the page. */
function table(): string {
  const lines = estimatorNames.map((name) => {
    const row = estimatorRow(name);
    const { card } = row;
    return [
      `[\`${name}\`](#${name})`,
      card.title,
      unbiasedText(card),
      countText(card.passes),
      countText(card.backward),
      needs(card),
      closedGates(row()),
    ];
  });
  const head = [
    "name",
    "",
    "unbiased",
    "passes",
    "differentiated",
    "reads of the downstream network",
    "closed gates, in training",
  ];
  return markdownTable([head, ...lines], []);
}

/** docs/reference/estimators.md */
export function page(): string {
  const families = [...new Set(estimatorNames.map((name) => estimatorRow(name).card.family))];
  const cards = families.flatMap((family) => [
    `## ${family[0]!.toUpperCase()}${family.slice(1)}`,
    ...estimatorNames.filter((name) => estimatorRow(name).card.family === family).map(section),
  ]);
  return `${[
    "# Estimators",
    "A card for each estimator: what it does, its formula, its cost and its bias. `npx heaviside measure` shows what each does on a network of your own.",
    "In formulas $p = \\sigma(a)$ is a unit's probability, $b$ or $h$ its output, and $L$ or $f$ the loss of an example. K counts samples, H units, and N one-hot variables of C classes each. The [glossary](../glossary.md) explains the other words.",
    "Generated from the cards in `src/estimators/`: `node --conditions=@heaviside/source --import tsx scripts/estimators.ts --write`.",
    table(),
    ...cards,
  ].join("\n\n")}\n`;
}

function section(name: (typeof estimatorNames)[number]): string {
  const described = estimatorRow(name);
  const parts = cardParts(described, (tex) => `$${tex}$`).map(([term, text]) => `- **${term}**: ${text}`);
  const code = `- **code**: ${codeLink(files.get(name)!)}`;
  return [`### ${name}`, `${described.card.title}`, [...parts, code].join("\n")].join("\n\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(`${root}docs/reference/estimators.md`, page());
  else console.log(page());
}
