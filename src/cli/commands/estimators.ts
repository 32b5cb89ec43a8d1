import { cardParts, cardTable } from "../../describe/cards.ts";
import { COLUMNS, jsonLine, wrap } from "../../describe/format.ts";
import { MORE } from "../../describe/table.ts";
import { aliasesOf } from "../../estimators/aliases.ts";
import { type EstimatorName, estimatorNames, estimatorRow, resolveEstimator } from "../../estimators/index.ts";
import { roomFor, styleFor, type Terminal } from "../terminal.ts";

/** Lists the estimators, or prints one's card: formula, cost, bias, options, source. */
export async function estimatorsCommand(
  name: string | undefined,
  flags: { readonly json?: boolean; readonly wide?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { out, env } = terminal;
  const { bold } = styleFor(out, env);
  const names = name === undefined ? estimatorNames : [resolveEstimator(name as EstimatorName, "estimators").name];
  if (flags.json) {
    const all = names.map((n) => ({
      ...estimatorRow(n).card,
      aliases: aliasesOf(n),
      options: estimatorRow(n).options,
    }));
    out.write(`${jsonLine(name === undefined ? all : all[0])}\n`);
  } else if (name === undefined) {
    const { lines, dropped } = cardTable(
      names.map((n) => estimatorRow(n).card),
      roomFor(out, flags.wide),
    );
    const [head, ...rest] = lines;
    const notes = [LEGEND, ...(dropped ? [MORE] : []), "", aliasesText()];
    out.write(`${[bold(head!), ...rest, "", ...notes.map((note) => wrap(note, out.columns))].join("\n")}\n`);
  } else {
    const row = estimatorRow(names[0]!);
    const { title, family } = row.card;
    const heading = wrap(`${row.card.name}: ${title}, ${family}`, out.columns);
    out.write(`${bold(row.card.name)}${heading.slice(row.card.name.length)}\n`);
    for (const [term, text] of cardParts(row)) out.write(`\n${bold(term)}\n${indented(text, out.columns)}\n`);
  }
  return 0;
}

const LEGEND =
  "passes: forward ones through the downstream network in a step; differentiated: how many of them also go backward; K samples, H units, or N one-hot variables of C classes. npx heaviside estimators NAME prints a card in full; npx heaviside measure says what each does on a network of yours.";

/** Every alias with the name that it stands for. */
const aliasesText = (): string =>
  `aliases: ${estimatorNames.flatMap((name) => (aliasesOf(name).length > 0 ? [`${aliasesOf(name).join(", ")} = ${name}`] : [])).join("; ")}.`;

const indented = (text: string, columns: number | undefined): string =>
  wrap(text, (columns || COLUMNS) - 2)
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
