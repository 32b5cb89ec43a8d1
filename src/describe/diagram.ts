import { sizeOf } from "../graph/ndarray.ts";
import type { Model, StageSummary } from "../models/model.ts";
import { wrapText } from "../plots/text.ts";
import { modelTitle } from "./architecture.ts";
import { Canvas, colours } from "./canvas.ts";
import type { Drawn, Ending, Value } from "./drawers/drawer.ts";
import { drawHead, isActivated } from "./drawers/head.ts";
import { drawerOf } from "./drawers/index.ts";
import { subscript } from "./readable.ts";
import { linesOf, Spine, TEXT, WIDTH } from "./spine.ts";

/** Room for text at both edges. */
const ROOM = WIDTH - 16;

/**
 * The functional diagram: values flow down in black, with their dimensions; the derivatives of the loss flow back up in red,
 * each beside the arrow of what it is the derivative of. Each kind of stage has a drawer, and the head ends the picture. Letters as on paper, where an
 * example is a column.
 */
export function diagram(model: Model): string {
  const { head, stages } = model;
  const canvas = new Canvas();
  const heading = wrapText(modelTitle(model), ROOM, 17);
  heading.forEach((line, i) => canvas.text(8, 26 + 21 * i, line, { size: 16, bold: true }));
  const legend = linesOf(LEGEND, ROOM);
  const under = 26 + 21 * heading.length;
  legend.forEach((line, i) => canvas.text(8, under + 17 * i, line, { size: TEXT, colour: colours.quiet }));

  const spine = new Spine(canvas, under + 17 * legend.length + 18);
  spine.circle("x");
  spine.leftText(["input"]);
  const numbers = numbersOf(stages);
  const letters = stages.some(({ kind }) => kind === "recurrent") ? besideCells : alone;
  const drawn: Drawn[] = [];
  for (const [i, stage] of stages.entries()) {
    const last = i === stages.length - 1;
    const input = drawn.at(-1)?.output ?? inputOf(model);
    const place = { stage, input, number: numbers[i]!, first: i === 0, last, letters };
    const isRead = !last || head.loss !== undefined;
    drawn.push(drawerOf(stage).draw(spine, { ...place, isRead, activated: isActivated(head) }));
  }
  const losses = drawn.flatMap(({ loss }) => loss ?? []);
  const ending = drawHead(spine, head, drawn.at(-1)!.output, losses, letters.target);

  const below = spine.bottom + 34;
  const notes = notesOf(model, drawn, ending).flatMap((note) =>
    linesOf(note, ROOM).map((line, i) => ({ line, x: i === 0 ? 8 : 18 })),
  );
  notes.forEach(({ line, x }, i) => canvas.text(x, below + 18 * i, line, { size: TEXT }));
  return canvas.svg(`Functional diagram of ${modelTitle(model)}`, WIDTH, below + 18 * notes.length, true);
}

const LEGEND = "black, solid: values; red, dashed: derivatives of the loss L; [rows × columns] on paper";

/** Letters of the last affine map and of the target: c, V and t mean something else in cells. */
const alone: Ending = { weight: "V", bias: "c", target: "t" };
const besideCells: Ending = { weight: "Wₚ", bias: "bₚ", target: "y*" };

/** n in numbers; of a sequence, what it is made of. */
function inputsOf({ inputShape, stages }: Model): string {
  const n = sizeOf(inputShape);
  if (stages[0]!.kind !== "recurrent") return `n = ${n} inputs`;
  const [steps, ...values] = inputShape;
  const each = sizeOf(values);
  return `n = ${n}: ${steps} steps of ${each} ${each === 1 ? "value" : "values"}`;
}

const inputOf = ({ inputShape }: Model): Value => ({
  ...{ letter: "x", size: "n", shape: inputShape },
  unneeded: "not needed: the input is given",
});

/** Whether it is an affine map without units: the last one has letters of its own. */
const isAffine = ({ kind, rows }: StageSummary): boolean => kind === "dense" && !rows[0]!.estimator;

/** What each stage's letters carry: its place from 1, or nothing where it is alone beside a last affine map. */
function numbersOf(stages: readonly StageSummary[]): string[] {
  const ended = isAffine(stages.at(-1)!);
  const numbered = ended ? stages.slice(0, -1) : stages;
  // The letters of gated blocks and of decoders are those of a last affine map, too.
  const isPlain = numbered.length === 0 || (numbered.length === 1 && (!ended || numbered[0]!.kind === "dense"));
  return stages.map((_, i) => (isPlain ? "" : subscript(i + 1)));
}

function notesOf(model: Model, drawn: readonly Drawn[], ending: readonly string[]): string[] {
  const sizes = [inputsOf(model), ...drawn.flatMap((stage) => stage.sizes), ...ending];
  const estimates = model.layers.some(({ estimator }) => estimator?.unit.stochastic);
  return [
    `${sizes.join(", ")}; ⊙ and ⊘ go element by element, ᵀ transposes.`,
    ...(estimates
      ? [
          "≈: an estimate of the gradient of E[L] for one draw of the noise, in the estimator's own letters where it has some.",
        ]
      : []),
    ...new Set(drawn.flatMap(({ notes }) => notes)),
  ];
}
