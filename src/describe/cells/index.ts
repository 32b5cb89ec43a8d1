import { type CellConfig, type CellName, cellFor, cells } from "../../cells/index.ts";
import { Canvas, colours } from "../canvas.ts";
import { formulaLines } from "./formula.ts";
import { drawUnfolded, PICTURE } from "./neuron-picture.ts";
import { LETTERS, sized } from "./sizes.ts";
import { drawTextbook } from "./textbook-picture.ts";
import { type Unfolded, unfold } from "./unfolded.ts";

/** As a nest of neurons, or as the diagram of one step with its equations. */
export const cellForms = ["neurons", "textbook"] as const;
export { neuronLines } from "./text.ts";
export type CellForm = (typeof cellForms)[number];

const notes: Readonly<Record<CellForm, readonly string[]>> = {
  neurons: [
    "Black: values. Red, dashed: derivatives of the loss L.",
    "δ: the derivative by what a neuron adds up.",
    "A weight's derivative is the sum over steps.",
    "+= adds to the derivative from later steps.",
    "⊙ multiplies unit by unit, as a valve.",
  ],
  textbook: ["One step: boxes are neurons, circles operations."],
};

/** An option's value as a flag writes it: gru(reset=before). */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.join(" ") || "none";
  if (typeof value !== "object" || value === null) return String(value);
  const { name, ...rest } = value as { readonly name?: unknown };
  const options = Object.entries(rest).map(([key, inner]) => `${key}=${valueText(inner)}`);
  return `${String(name)}${options.length > 0 ? `(${options.join(",")})` : ""}`;
}

/** A cell as neurons, with shapes in the letters I and H. Throws UserError as `cellFor` does. */
export const unfolded = (config: CellConfig): Unfolded => unfold(cellFor(config, LETTERS, "cells"), sized);

/**
 * A cell alone as an SVG, 440 px wide, light or dark as the reader prefers: as neurons, with every shape and derivative, or in the textbook's form.
 * Throws UserError as `cellFor` does.
 */
export function cellPicture(config: CellConfig, form: CellForm = "neurons"): string {
  const whole = unfolded(config);
  const { name, ...options } = whole.cell.config;
  const { title, defaults } = {
    ...cells[name as CellName].card,
    defaults: cellFor({ name } as CellConfig, LETTERS).config,
  };
  const canvas = new Canvas();
  const heading = form === "neurons" ? `${name}: a nest of neurons` : `${name}: the textbook’s form`;
  canvas.text(10, 26, heading, { size: 17, bold: true });
  const given = Object.entries(options).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key]),
  );
  const said = [title, ...given.map(([key, value]) => `${key}=${valueText(value)}`)];
  let y = 46;
  for (const line of [...formulaLines(said.join(", "), 13, PICTURE - 20), ...notes[form]]) {
    canvas.text(10, y, line, { size: 13, colour: colours.quiet });
    y += 17;
  }
  const end =
    form === "neurons" ? drawUnfolded(canvas, whole, 0, y) : drawTextbook(canvas, whole, { x: 0, y, size: sized });
  return `${canvas.svg(`${heading}, ${title}`, PICTURE, end, true)}\n`;
}
