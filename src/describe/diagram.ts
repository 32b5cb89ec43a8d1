import { sizeOf } from "../graph/ndarray.ts";
import type { Model, StageSummary } from "../models/model.ts";
import { wrapText } from "../plots/text.ts";
import { modelTitle, readsImages } from "./architecture.ts";
import { Canvas, colours } from "./canvas.ts";
import type { Drawn, Ending, Value } from "./drawers/drawer.ts";
import { drawHead, isActivated } from "./drawers/head.ts";
import { drawerOf } from "./drawers/index.ts";
import { type Nested, nested, runsOf } from "./nested.ts";
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
  const heading = wrapText(modelTitle(model), ROOM, 18.5);
  heading.forEach((line, i) => canvas.text(8, 26 + 21 * i, line, { size: 16, bold: true }));
  const legend = linesOf(LEGEND, ROOM);
  const under = 26 + 21 * heading.length;
  legend.forEach((line, i) => canvas.text(8, under + 17 * i, line, { size: TEXT, colour: colours.quiet }));

  const spine = new Spine(canvas, under + 17 * legend.length + 18);
  spine.circle("x");
  spine.leftText(["input"]);
  const letters = stages.some(({ kind }) => kind === "recurrent") ? besideCells : alone;
  const drawn = drawStages(spine, model, letters);
  const losses = drawn.flatMap(({ loss }) => loss ?? []);
  const ending = drawHead(spine, head, drawn.at(-1)!.output, losses, letters.target);

  const below = spine.bottom + 34;
  const notes = notesOf(model, drawn, ending).flatMap((note) =>
    linesOf(note, ROOM).map((line, i) => ({ line, x: i === 0 ? 8 : 18 })),
  );
  notes.forEach(({ line, x }, i) => canvas.text(x, below + 18 * i, line, { size: TEXT }));
  return canvas.svg(`Functional diagram of ${modelTitle(model)}`, WIDTH, below + 18 * notes.length, true);
}

/** Stages as they are drawn: of residual ones that follow each other and are alike only the first, in a frame. */
interface Shown {
  readonly stage: StageSummary;
  readonly inside: readonly Shown[];
  /** What the frame says. */
  readonly frame?: string | undefined;
}

function shownOf(stages: readonly Nested[]): Shown[] {
  return runsOf(stages).flatMap((run): Shown[] => {
    const [first] = run;
    if (first!.inside.length === 0) return run.map(({ stage }) => ({ stage, inside: [] }));
    const names = [first, run.at(-1)].map((of) => of!.stage.rows[0]!.name);
    const frame = run.length > 1 ? `${run.length} × alike: ${names.join(" to ")}` : undefined;
    return [{ stage: first!.stage, inside: shownOf(first!.inside), frame }];
  });
}

const inOrder = (shown: readonly Shown[]): StageSummary[] =>
  shown.flatMap(({ stage, inside }) => [...inOrder(inside), stage]);

/** Draws the stages down the spine. */
function drawStages(spine: Spine, model: Model, letters: Ending): Drawn[] {
  const { head, stages } = model;
  const shown = shownOf(nested(stages));
  const order = inOrder(shown);
  const numbers = numbersOf(order);
  const drawn: Drawn[] = [];
  const draw = (all: readonly Shown[], first: Value): Value => {
    let input = first;
    for (const { stage, inside, frame } of all) {
      if (frame !== undefined) spine.openFrame(frame);
      const around = inside.length > 0 ? input : undefined;
      if (around) {
        spine.branch();
        input = draw(inside, { ...around, branches: true });
      }
      const i = drawn.length;
      const last = i === order.length - 1;
      const place = { stage, input, around, number: numbers[i]!, first: i === 0, last, letters };
      const isRead = !last || head.loss !== undefined;
      const made = drawerOf(stage).draw(spine, { ...place, isRead, activated: isActivated(head) });
      drawn.push(frame === undefined ? made : { ...made, notes: [...made.notes, FRAME] });
      input = made.output;
      if (frame !== undefined) spine.closeFrame();
    }
    return input;
  };
  draw(shown, inputOf(model));
  return drawn;
}

const FRAME =
  "A frame stands for stages that are alike, each with parameters of its own: each reads what the one before it outputs.";

const LEGEND = "black, solid: values; red, dashed: derivatives of the loss L; [rows × columns] on paper";

/** Letters of the last affine map and of the target: c, V and t mean something else in cells. */
const alone: Ending = { weight: "V", bias: "c", target: "t" };
const besideCells: Ending = { weight: "Wₚ", bias: "bₚ", target: "y*" };

/** n in numbers; of a sequence or an image, what it is made of. */
function inputsOf(model: Model): string {
  const { inputShape, stages } = model;
  if (readsImages(model))
    return `x: an image of ${inputShape.join(" × ")} ${inputShape.length > 2 ? "values" : "pixels"}`;
  const n = sizeOf(inputShape);
  if (stages[0]!.kind !== "recurrent") return `n = ${n} inputs`;
  const [steps, ...values] = inputShape;
  const each = sizeOf(values);
  return `n = ${n}: ${steps} steps of ${each} ${each === 1 ? "value" : "values"}`;
}

const inputOf = (model: Model): Value => ({
  ...{ letter: "x", size: readsImages(model) ? undefined : "n", shape: model.inputShape },
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
