import { type CellConfig, cellFamily, cellNames, cells } from "../../cells/index.ts";
import { cellParts, cellTerms } from "../../describe/cell-cards.ts";
import { jsonLine, wrap } from "../../describe/format.ts";
import { alignColumns } from "../../describe/table.ts";
import { parseSpec } from "../../options/text.ts";
import { styleFor, type Terminal } from "../terminal.ts";

/** Lists the cells, or prints one's card: equations, neurons, parameters, options, source. */
export async function cellsCommand(
  spec: string | undefined,
  flags: { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { out, env } = terminal;
  const { bold } = styleFor(out, env);
  // What the text names is checked where the cell is made.
  const config = spec === undefined ? undefined : (parseSpec(spec, cellFamily) as CellConfig);
  if (flags.json) {
    const json = config
      ? cellParts(config)
      : cellNames.map((name) => ({ ...cells[name].card, options: cells[name].options }));
    out.write(`${jsonLine(json)}\n`);
  } else if (config === undefined) {
    const [head, ...lines] = alignColumns([
      ["name", "title"],
      ...cellNames.map((name) => [name, cells[name].card.title]),
    ]);
    out.write(`${[bold(head!), ...lines].join("\n")}\n\n${wrap(LEGEND, out.columns)}\n`);
  } else {
    const { title } = cellParts(config);
    out.write(`${bold(spec!)}: ${title}\n`);
    for (const [term, lines] of cellTerms(config)) {
      const text = lines.map((line) => indented(line, out.columns)).join("\n");
      out.write(`\n${bold(term)}\n${text}\n`);
    }
  }
  return 0;
}

const LEGEND =
  "npx heaviside cells NAME prints a card in full; with options, as in lstm:peepholes=true, it prints the cell that they come to.";

/** A line as it stands where it has room, aligned columns included; wrapped where it has not. */
const indented = (text: string, columns: number | undefined): string => {
  const room = (columns || 110) - 2;
  const lines = text.length < room ? [text] : wrap(text, room).split("\n");
  return lines.map((line) => `  ${line}`.trimEnd()).join("\n");
};
