import { type CellConfig, type CellName, cellFor, cells } from "../../cells/index.ts";
import type { DescribedCell } from "../../cells/described.ts";
import { Canvas, colours } from "../canvas.ts";
import { drawUnfolded, PICTURE } from "./neuron-picture.ts";
import { unfold } from "./unfolded.ts";

const LETTERS = { inputs: 7919, units: 7907 } as const;
const sized = (n: number): string => (n === LETTERS.inputs ? "I" : n === LETTERS.units ? "H" : String(n));

export function cellPicture(config: CellConfig, _form = "unfolded"): string {
  const cell = cellFor(config, LETTERS, "cells") as DescribedCell;
  const canvas = new Canvas();
  canvas.text(10, 26, `${cell.config.name}: a nest of neurons`, { size: 17, bold: true });
  canvas.text(10, 46, cells[cell.config.name as CellName].card.title, { size: 13, colour: colours.quiet });
  const end = drawUnfolded(canvas, unfold(cell, sized), 0, 56);
  return canvas.svg(cell.config.name, PICTURE, end, true);
}
