import { type CellConfig, cellFamily, cellFor } from "../../cells/index.ts";
import type { StageSummary } from "../../models/model.ts";
import { optionsOf } from "../../options/index.ts";
import { colours } from "../canvas.ts";
import { drawUnfolded, heightOf, PICTURE } from "../cells/neuron-picture.ts";
import { unfold } from "../cells/unfolded.ts";
import { TEXT, WIDTH } from "../spine.ts";
import { ADDS, type Drawer, flowIn } from "./drawer.ts";

/** Above the cell, for what is said of its steps, and around it. */
const [HEAD, AROUND] = [70, 9];

/** Whether the cell of a recurrent stage is one of the library's, which are drawn as neurons. */
export const isKnown = ({ config }: StageSummary): boolean =>
  optionsOf(cellFamily, (config.cell as CellConfig).name) !== undefined;

/** What is said of how its steps are run. */
export const courseNotes = ({ config }: StageSummary): string[] => [
  ...(config.lengths === undefined
    ? []
    : [`Steps at and beyond ${String(config.lengths)} change nothing, and output 0.`]),
  ...(config.truncate === undefined ? [] : [`Derivatives are cut after every ${String(config.truncate)} steps.`]),
];

/** A recurrent stage: one step of its cell, unfolded into neurons, in a frame that stands for all steps. */
export const recurrent: Drawer = {
  draw(spine, { stage, input, number }) {
    const [row, other] = stage.rows;
    const [steps, inputs] = row!.input as [number, number];
    const units = row!.output.at(-1)!;
    const cell = cellFor(stage.config.cell as CellConfig, { inputs, units });
    const unfolded = unfold(cell, String);
    const height = HEAD + heightOf(unfolded) + AROUND;
    const x = (WIDTH - PICTURE) / 2;
    const { letter } = input;
    flowIn(spine, input, "∂L/∂xₜ of all steps", { reach: height / 2 });
    const top = spine.y - height / 2;
    const { canvas } = spine;
    canvas.path(`M${x - AROUND} ${top}h${PICTURE + 2 * AROUND}v${height}h${-PICTURE - 2 * AROUND}Z`, {
      ...{ fill: "#fff", stroke: colours.flow },
    });
    const backward = stage.config.direction === "backward";
    const order = other
      ? "forward; and a second cell, backward"
      : backward
        ? "from the last to the first"
        : "first to last";
    canvas.text(x, top + 22, `${row!.name}: ${cell.config.name}, step t of T = ${steps}`, { bold: true });
    canvas.text(x, top + 41, `xₜ: row t of ${letter}; ${order}`, { size: TEXT, colour: colours.quiet });
    const next = `the state goes to step t ${backward ? "−" : "+"} 1`;
    canvas.text(x, top + 59, next, { size: TEXT, colour: colours.quiet });
    drawUnfolded(canvas, unfolded, x, top + HEAD);
    const last = stage.config.output === "last";
    return {
      output: { letter: `h${number}`, shape: stage.output },
      sizes: [],
      notes: [
        `${row!.name} outputs what its units output at ${last ? "the last step" : "every step"}.`,
        "δ: the derivative by what a neuron adds up. The derivative by a weight is the sum over all steps.",
        ADDS,
        ...(other
          ? [`${other.name} has the same neurons with parameters of its own; both outputs stand side by side.`]
          : []),
        ...courseNotes(stage),
      ],
    };
  },
};
