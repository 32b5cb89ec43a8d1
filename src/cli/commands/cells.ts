import { type CellConfig, cellFamily, cellNames, cells } from "../../cells/index.ts";
import { cellParts, cellTerms } from "../../describe/cell-cards.ts";
import { cellForms, cellPicture } from "../../describe/cells/index.ts";
import { COLUMNS, jsonLine, widthOf, wrap } from "../../describe/format.ts";
import { alignColumns } from "../../describe/table.ts";
import { UserError } from "../../errors.ts";
import { parseSpec } from "../../options/text.ts";
import { checkChoice } from "../../rules.ts";
import { writeAtomically } from "../../runs/index.ts";
import { styleFor, type Terminal } from "../terminal.ts";

/** Lists the cells, or prints one's card: equations, neurons, parameters, options, source. */
export async function cellsCommand(
  spec: string | undefined,
  flags: { readonly json?: boolean; readonly svg?: string; readonly form?: string },
  terminal: Terminal,
): Promise<number> {
  const { out, env } = terminal;
  const { bold } = styleFor(out, env);
  // What the text names is checked where the cell is made.
  const config = spec === undefined ? undefined : (parseSpec(spec, cellFamily) as CellConfig);
  const picture = pictureOf(config, flags);
  if (picture) await writeAtomically(picture.file, picture.svg);
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
    if (picture) out.write(`\ndrawn as ${picture.form}: ${picture.file}\n`);
  }
  return 0;
}

/** The drawing that flags ask for. Throws UserError where there is no cell to draw, or no such form. */
function pictureOf(
  config: CellConfig | undefined,
  { svg: file, form }: { readonly svg?: string; readonly form?: string },
) {
  if (file === undefined) {
    if (form !== undefined)
      throw new UserError(`cells: --form says how --svg draws: give --svg too, received --form ${form}`);
    return undefined;
  }
  if (config === undefined)
    throw new UserError("cells: --svg draws one cell: name it, as in npx heaviside cells lstm --svg lstm.svg");
  if (/\.(png|jpe?g|pdf)$/i.test(file))
    throw new UserError(
      `cells: --svg writes SVG, received ${file}: name it .svg; a browser or rsvg-convert makes other formats of it`,
    );
  const asked = form ?? "neurons";
  checkChoice("cells: --form", asked, cellForms);
  return { file, form: asked, svg: cellPicture(config, asked) };
}

const LEGEND =
  "npx heaviside cells NAME prints a card in full; with options, as in lstm:peepholes=true, it prints the cell that they come to.";

/** A line as it stands where it has room; wrapped where it has not, within its last column if it has columns. */
const indented = (text: string, columns: number | undefined): string => {
  const room = (columns || COLUMNS) - 2;
  const column = text.lastIndexOf("  ") + 2;
  const start = widthOf(text) < room || column < 2 ? 0 : column;
  const lines = wrap(text.slice(start), room - start).split("\n");
  const whole =
    widthOf(text) < room ? [text] : lines.map((line, i) => (i === 0 ? text.slice(0, start) : " ".repeat(start)) + line);
  return whole.map((line) => `  ${line}`.trimEnd()).join("\n");
};
