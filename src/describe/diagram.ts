import { sizeOf } from "../graph/ndarray.ts";
import type { LayerSummary, Model } from "../models/model.ts";
import { Canvas, colours } from "./canvas.ts";
import { backThroughUnits, type Letters, lettersOf } from "./notation.ts";

const WIDTH = 1020;
const TOP = 76;
const CENTRE = 430;
const BACK = 590; //   where derivatives flow up
const BOX = { left: 24, width: 150, height: 48 };
const RADIUS = 17;
const STEP = 84; //    from one operation to the next

/**
 * The functional diagram: values flow down in black, with their dimensions; the derivatives of the loss flow back up in red,
 * each beside the arrow of what it is the derivative of. Letters as on paper, where an example is a column.
 */
export function diagram(model: Model): string {
  const canvas = new Canvas();
  const letters = lettersOf(model);
  const last = model.layers.length - 1;
  canvas.text(24, 32, `${model.name}: what flows where, and which derivative flows back`, { size: 17, bold: true });
  canvas.text(24, 53, "black, solid: values; red, dashed: derivatives of the loss L; [rows × columns] on paper", {
    size: 12,
    colour: colours.quiet,
  });

  let y = TOP + 16;
  canvas.circle(CENTRE, y, RADIUS, "x");
  canvas.text(CENTRE - RADIUS - 10, y + 5, "input", { anchor: "end" });

  /** The arrow from the operation at y to the next one: what flows down it, and what flows back beside it. */
  const flow = (label: string, back: readonly string[], quiet = false): void => {
    const colour = quiet ? colours.quiet : colours.back;
    const extra = 17 * Math.max(0, back.length - 2);
    const next = y + STEP + extra;
    const middle = (y + next) / 2;
    canvas.arrow(CENTRE, y + RADIUS, CENTRE, next - RADIUS - 1);
    canvas.text(CENTRE + 12, middle + 5, label);
    canvas.back(BACK, next - RADIUS, BACK, y + RADIUS + 2, colour);
    back.forEach((line, i) => {
      canvas.text(BACK + 12, middle + 5 + 17 * (i - (back.length - 1) / 2), line, { colour });
    });
    y = next;
  };

  model.layers.forEach((layer, i) => {
    const of = letters[i]!;
    const below = i === 0 ? undefined : model.layers[i - 1];
    const [n, m] = [sizeOf(layer.input), sizeOf(layer.output)];
    const toInput = `∂L/∂${of.input} = ${of.weight}ᵀ ∂L/∂${of.before}`;
    if (i === 0) flow(`x  [${of.inputSize}] = ${n}`, [toInput, "not needed: the input is given"], true);
    else if (below?.estimator && !below.estimator.card.readsPath)
      flow(`${of.input}  [${of.inputSize}] = ${n}`, [toInput, "not needed: the estimator above reads L alone"], true);
    else flow(`${of.input}  [${of.inputSize}] = ${n}`, [toInput]);

    parameters(canvas, layer, of, y, m, n);
    flow(`${of.weight}${of.input}  [${of.size}] = ${m}`, [`∂L/∂(${of.weight}${of.input}) = ∂L/∂${of.before}`]);
    canvas.circle(CENTRE, y, RADIUS, "+");
    canvas.circle(CENTRE, y - STEP, RADIUS, "×");
    if (i < last) {
      flow(`${of.before}  [${of.size}] = ${m}`, backThroughUnits(layer, of));
      canvas.circle(CENTRE, y, RADIUS, of.function);
      units(canvas, layer, y);
    } else {
      flow(`${of.before}  [${of.size}] = ${m}`, [`∂L/∂${of.before} = ${of.after} − t`, "through s and L together"]);
      canvas.circle(CENTRE, y, RADIUS, of.function);
      canvas.text(CENTRE - RADIUS - 10, y + 5, "softmax", { anchor: "end" });
      flow(`${of.after}  [${of.size}] = ${m}`, [`∂L/∂${of.after} = −t ⊘ ${of.after}`]);
    }
  });

  canvas.circle(CENTRE, y, RADIUS, "L");
  canvas.text(CENTRE + RADIUS + 10, y + 5, "L = −Σ t ⊙ log y, one number", {});
  canvas.box(BOX.left, y - BOX.height / 2, BOX.width, BOX.height);
  canvas.text(BOX.left + BOX.width / 2, y - 3, "t", { anchor: "middle", size: 15 });
  canvas.text(BOX.left + BOX.width / 2, y + 15, "the class, one-hot", { anchor: "middle", size: 12 });
  canvas.arrow(BOX.left + BOX.width, y, CENTRE - RADIUS - 2, y);
  canvas.text(BOX.left + BOX.width + 12, y - 8, `t  [q] = ${sizeOf(model.layers.at(-1)!.output)}`);

  const notes = notesOf(model, letters);
  notes.forEach((line, i) => canvas.text(24, y + 62 + 19 * i, line, { size: 12.5 }));
  return canvas.svg(`Functional diagram of ${model.name}`, WIDTH, y + 62 + 19 * notes.length + 8);
}

/** The weight beside the multiplication at y, the bias beside the addition below it. */
function parameters(canvas: Canvas, layer: LayerSummary, of: Letters, y: number, m: number, n: number): void {
  const rows = [
    {
      at: y,
      letter: of.weight,
      size: `[${of.size} × ${of.inputSize}] = ${m} × ${n}`,
      back: `${before(of)} ${of.input}ᵀ`,
    },
    { at: y + STEP, letter: of.bias, size: `[${of.size}] = ${m}`, back: before(of) },
  ];
  rows.slice(0, layer.parameters.length).forEach(({ at, letter, size, back }, i) => {
    const { name, shape } = layer.parameters[i]!;
    const [right, end] = [BOX.left + BOX.width, CENTRE - RADIUS - 2];
    canvas.box(BOX.left, at - BOX.height / 2, BOX.width, BOX.height);
    canvas.text(BOX.left + BOX.width / 2, at - 3, letter, { anchor: "middle", size: 15 });
    canvas.text(BOX.left + BOX.width / 2, at + 15, `${name} [${shape.join(", ")}]`, { anchor: "middle", size: 12 });
    canvas.arrow(right, at - 4, end, at - 4);
    canvas.text((right + end) / 2, at - 11, size, { anchor: "middle" });
    canvas.back(end, at + 5, right + 3, at + 5);
    canvas.text((right + end) / 2, at + 22, `∂L/∂${letter} = ${back}`, { anchor: "middle", colour: colours.back });
  });
}

const before = (of: Letters): string => `∂L/∂${of.before}`;

/** Which units they are, and that they draw noise. */
function units(canvas: Canvas, { estimator, activation }: LayerSummary, y: number): void {
  const lines = [estimator?.card.title ?? activation, ...(estimator?.unit.stochastic ? ["with fresh noise"] : [])];
  lines.forEach((line, i) => {
    canvas.text(CENTRE - RADIUS - 10, y + 5 + 16 * (i - (lines.length - 1) / 2), line, { anchor: "end" });
  });
}

function notesOf(model: Model, letters: readonly Letters[]): string[] {
  const [first] = letters;
  const sizes = model.layers.map((layer, i) => {
    const { size } = letters[i]!;
    return i < model.layers.length - 1
      ? `${size} = ${sizeOf(layer.output)} hidden units`
      : `${size} = ${sizeOf(layer.output)} classes`;
  });
  const shape = model.layers[0]?.parameters[0]?.shape;
  const transposed = shape !== undefined && shape[0] === sizeOf(model.inputShape);
  const estimates = model.layers.some(({ estimator }) => estimator?.unit.stochastic);
  return [
    `n = ${sizeOf(model.inputShape)} inputs, ${sizes.join(", ")}; ⊙ and ⊘ go element by element, ᵀ transposes.`,
    ...(estimates
      ? [
          "≈: an estimate of the gradient of E[L] for one draw of the noise, in the estimator's own letters where it has some.",
        ]
      : []),
    `On paper an example is a column: ${first!.before} = ${first!.weight}x + ${first!.bias}.`,
    ...(transposed
      ? [
          `In code a batch of B examples is rows: x [B, n], weight = ${first!.weight}ᵀ [n, ${first!.size}], ${first!.before} = x weight + bias [B, ${first!.size}];`,
          `∂L/∂weight = xᵀ ∂L/∂${first!.before} and ∂L/∂bias = the sum of its rows are then sums over the batch.`,
        ]
      : []),
  ];
}
