import { sizeOf } from "../graph/ndarray.ts";
import type { LayerSummary, Model } from "../models/model.ts";
import { Canvas, colours } from "./canvas.ts";
import { backThroughUnits, type Letters } from "./notation.ts";
import { subscript } from "./readable.ts";

const WIDTH = 1180;
const LEFT = 60; //    the gater's column
const RIGHT = 620; //  the blocks' column
const BACK = 190; //   from a column to the derivatives that flow up beside it
const RADIUS = 17;
const STEP = 84; //    from one operation to the next

/** Operations below each other, values flowing down from one to the next and derivatives back up. */
class Column {
  readonly #canvas: Canvas;
  readonly x: number;
  y: number;
  constructor(canvas: Canvas, x: number, y: number) {
    this.#canvas = canvas;
    this.x = x;
    this.y = y;
  }

  /** An operation where the column stands, what it is made of beside it, and the derivatives of that. */
  operation(sign: string, values: readonly string[] = [], derivatives: readonly string[] = []): void {
    const { x, y } = this;
    this.#canvas.circle(x, y, RADIUS, sign);
    const lines = values.length + derivatives.length;
    [...values, ...derivatives].forEach((line, i) => {
      const colour = i < values.length ? colours.flow : colours.back;
      this.#canvas.text(x + RADIUS + 10, y + 5 + 16 * (i - (lines - 1) / 2), line, { colour });
    });
  }

  /** The arrow to the next operation, at `to` or a step below: what flows down it, and what flows back. */
  flow(label: string, back: readonly string[], to = this.y + STEP): void {
    const { x, y } = this;
    const middle = (y + to) / 2;
    this.#canvas.arrow(x, y + RADIUS, x, to - RADIUS - 1);
    this.#canvas.text(x + 12, middle + 5, label);
    if (back.length > 0) this.#canvas.back(x + BACK, to - RADIUS, x + BACK, y + RADIUS + 2);
    back.forEach((line, i) => {
      this.#canvas.text(x + BACK + 12, middle + 5 + 17 * (i - (back.length - 1) / 2), line, { colour: colours.back });
    });
    this.y = to;
  }
}

/** The rows of one layer of gated blocks: its gater's, and the blocks'. */
interface GatedRows {
  readonly gater: readonly LayerSummary[];
  readonly blocks: LayerSummary & { readonly gates: NonNullable<LayerSummary["gates"]> };
}

/**
 * The functional diagram of a network of gated blocks: gater on the left, blocks on the right, where they meet the gates that close
 * blocks. Values flow down in black, derivatives of the loss back up in red. Letters as on paper, where an example is a column.
 */
export function gatedDiagram(model: Model): string {
  const canvas = new Canvas();
  const { trunk, gated } = partsOf(model);
  canvas.text(24, 32, `${model.name}: what flows where, and which derivative flows back`, { size: 17, bold: true });
  canvas.text(24, 53, "black, solid: values; red, dashed: derivatives of the loss L; [rows × columns] on paper", {
    size: 12,
    colour: colours.quiet,
  });

  let column = new Column(canvas, LEFT, 92);
  let [letter, size] = ["x", sizeOf(model.inputShape)];
  column.operation("x", ["input"]);
  trunk.forEach((layer, i) => {
    const number = trunk.length > 1 ? subscript(i + 1) : "";
    const [h, weight, bias] = [`h${number}`, `T${number}`, `e${number}`];
    column.flow(`${letter}  [${size}]`, i === 0 ? [] : [`∂L/∂${letter} = ${weight}ᵀ ∂L/∂${h}′`]);
    affine(column, { weight, bias, before: `${h}′`, input: letter }, layer);
    column.flow(`${h}′  [${sizeOf(layer.output)}]`, backThroughUnits(layer, { before: `${h}′`, after: h } as Letters));
    column.operation("f", [unitsText(layer)]);
    [letter, size] = [h, sizeOf(layer.output)];
  });
  gated.forEach((rows, i) => {
    const number = gated.length > 1 ? subscript(i + 1) : "";
    const end = drawGated(canvas, column, rows, {
      letter,
      size,
      number,
      first: i + trunk.length === 0,
      last: i === gated.length - 1,
    });
    [letter, size] = [`y${number}`, sizeOf(rows.blocks.output)];
    column = new Column(canvas, i === gated.length - 1 ? RIGHT : LEFT, end);
    if (i < gated.length - 1) column.operation(letter, ["what the blocks sent"]);
  });

  column.operation("s", ["softmax"]);
  column.flow(`p  [${sizeOf(model.layers.at(-1)!.output)}]`, [`∂L/∂p = −t ⊘ p`]);
  column.operation("L", ["L = −Σ t ⊙ log p, t the class, one-hot"]);
  const notes = notesOf(gated);
  const below = column.y + 62;
  notes.forEach((line, i) => canvas.text(24, below + 19 * i, line, { size: 12.5 }));
  return canvas.svg(`Functional diagram of ${model.name}`, WIDTH, below + 19 * notes.length + 8);
}

/** Where a gated layer stands: what it reads, its number in letters, and whether it is the network's first or last. */
interface Place {
  readonly letter: string;
  readonly size: number;
  readonly number: string;
  readonly first: boolean;
  readonly last: boolean;
}

/** Draws a layer from where `column` stands, below its input; gives where what it sends arrives. */
function drawGated(
  canvas: Canvas,
  column: Column,
  { gater, blocks }: GatedRows,
  { letter, size, number, first, last }: Place,
): number {
  const [a, g, u, y] = ["a", "g", "u", "y"].map((name) => `${name}${number}`) as [string, string, string, string];
  const [W, b, V, c] = ["W", "b", "V", "c"].map((name) => `${name}${number}`) as [string, string, string, string];
  const { blocks: K, width: S, closedInTraining } = blocks.gates;
  const left = new Column(canvas, LEFT, column.y);
  const right = new Column(canvas, RIGHT, column.y);
  canvas.arrow(LEFT + 12, column.y - 12, RIGHT - 14, column.y - 12);
  canvas.text((LEFT + RIGHT) / 2, column.y - 18, `${letter}  [${size}]`, { anchor: "middle" });
  right.operation(letter);

  gater.forEach((layer, i) => {
    const ends = i === gater.length - 1;
    const at = `${number}${gater.length > 1 ? subscript(i + 1) : ""}`;
    const [weight, bias] = [`G${at}`, `d${at}`];
    // A map without a function behind it sends its values on as they are.
    const passes = layer.activation === "linear";
    const input = i === 0 ? letter : `r${number}${subscript(i)}`;
    const before = ends ? a : passes ? `r${at}` : `r${at}′`;
    const toInput = `∂L/∂${input} ${i === 0 ? "+" : ""}= ${weight}ᵀ ∂L/∂${before}`;
    left.flow(`${input}  [${sizeOf(layer.input)}]`, i === 0 && first ? [] : [toInput]);
    affine(left, { weight, bias, before, input }, layer);
    if (ends || passes) return;
    left.flow(`${before}  [${sizeOf(layer.output)}]`, [`∂L/∂${before} = ∂L/∂r${at} ⊙ φ′(${before})`]);
    left.operation("φ", [layer.activation]);
  });

  right.flow(`${letter}  [${size}]`, first ? [] : [`∂L/∂${letter} += ${W}ᵀ ∂L/∂${u}′`]);
  affine(right, { weight: W, bias: b, before: `${u}′`, input: letter }, blocks, `[${K * S} × ${size}]`);
  right.flow(`${u}′  [${K * S}]`, [`∂L/∂${u}′ = ∂L/∂${u} ⊙ f′(${u}′)`]);
  right.operation("f", [blocks.activation]);

  const meet = Math.max(left.y, right.y) + STEP;
  left.flow(`${a}  [${K}]`, backThroughUnits(blocks, { before: a, after: g } as Letters), meet);
  left.operation("g", [unitsText(blocks)]);
  right.flow(`${u}  [${K * S}]`, [`∂L/∂${u} = ${g} ⊙ ${V}ᵀ ∂L/∂${y}`], meet);
  right.operation("⊙", [`${g} ⊙ ${u}: a block of ${S} ${S === 1 ? "unit" : "units"} for each gate`]);
  canvas.arrow(LEFT + 230, meet - 5, RIGHT - RADIUS - 2, meet - 5);
  canvas.text((LEFT + 230 + RIGHT) / 2, meet - 13, `${g}  [${K}]`, { anchor: "middle" });
  canvas.back(RIGHT - RADIUS - 2, meet + 6, LEFT + 233, meet + 6);
  canvas.text((LEFT + 230 + RIGHT) / 2, meet + 24, `∂L/∂${g} = ⟨${u}, ${V}ᵀ ∂L/∂${y}⟩ in each block`, {
    anchor: "middle",
    colour: colours.back,
  });
  const which = closedInTraining === "skip" ? "of open gates alone" : "of closed gates as well";
  canvas.text((LEFT + 230 + RIGHT) / 2, meet + 40, which, { anchor: "middle", colour: colours.back });
  right.flow(`${g} ⊙ ${u}  [${K * S}]`, [`∂L/∂(${g} ⊙ ${u}) = ${V}ᵀ ∂L/∂${y}`]);
  const output = sizeOf(blocks.output);
  right.operation(
    "×+",
    [`${V}  [${output} × ${K * S}] = out [${shapeOf(blocks, "out")}],  ${c}  [${output}] = offset`],
    [`∂L/∂${V} = ∂L/∂${y} (${g} ⊙ ${u})ᵀ,  ∂L/∂${c} = ∂L/∂${y}`],
  );
  right.flow(`${y}  [${output}]`, last ? [`∂L/∂${y} = p − t`] : [`∂L/∂${y}`]);
  return right.y;
}

/** weight·input + bias as one operation, with what it is in code; a gater's own kind of map by its name. */
function affine(
  column: Column,
  { weight, bias, before, input }: { weight: string; bias: string; before: string; input: string },
  layer: LayerSummary,
  size = `[${sizeOf(layer.output)} × ${sizeOf(layer.input)}]`,
): void {
  const has = (name: string): boolean => layer.parameters.some((parameter) => parameter.name === name);
  const code = layer.parameters
    .filter(({ name }) => name === "weight" || name === "bias")
    .map(
      ({ name, shape }) => `${name === "weight" ? `${weight}  ${size}` : `${bias}`} = ${name} [${shape.join(", ")}]`,
    );
  if (layer.kind === "tree") {
    column.operation(
      "tree",
      layer.parameters.map(({ name, shape }) => `${name} [${shape.join(", ")}]`),
    );
    return;
  }
  const derivatives = [
    `∂L/∂${weight} = ∂L/∂${before} ${input}ᵀ`,
    ...(has("bias") ? [`∂L/∂${bias} = ∂L/∂${before}`] : []),
  ];
  column.operation(has("bias") ? "×+" : "×", [code.join(",  ")], [derivatives.join(",  ")]);
}

const shapeOf = ({ parameters }: LayerSummary, name: string): string =>
  parameters.find((parameter) => parameter.name === name)!.shape.join(", ");

const unitsText = ({ estimator }: LayerSummary): string =>
  `${estimator!.card.title}${estimator!.unit.stochastic ? ", fresh noise" : ""}`;

/** A model's layers as trunk and gated layers: rows without an estimator belong to the gater of the next row with gates. */
function partsOf({ layers }: Model): { trunk: readonly LayerSummary[]; gated: readonly GatedRows[] } {
  const trunk = layers.filter(({ estimator, gates }) => estimator && !gates);
  const gated: GatedRows[] = [];
  let gater: LayerSummary[] = [];
  for (const layer of layers.slice(trunk.length)) {
    if (layer.gates) {
      gated.push({ gater, blocks: layer as GatedRows["blocks"] });
      gater = [];
    } else gater.push(layer);
  }
  return { trunk, gated };
}

const notesOf = (gated: readonly GatedRows[]): string[] => [
  "⊙ and ⊘ go element by element, ⟨·, ·⟩ sums over a block's units, ᵀ transposes; += adds to what the other way back brought.",
  "≈: an estimate of the gradient of E[L] for one draw of the noise, in the estimator's own letters where it has some.",
  "A gate of exactly 0 closes its block for that example: at test its units are not worked out.",
  gated.every(({ blocks }) => blocks.gates.closedInTraining === "skip")
    ? "Nor are they in training: the estimator needs nothing of closed gates."
    : "In training all blocks are worked out where the estimator reads what a closed gate's derivative is.",
];
