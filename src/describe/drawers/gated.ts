import { sizeOf } from "../../graph/ndarray.ts";
import type { GatesSummary, LayerSummary } from "../../models/model.ts";
import { colours } from "../canvas.ts";
import { backThroughUnits } from "../notation.ts";
import { subscript } from "../readable.ts";
import { RADIUS, Spine, STEP } from "../spine.ts";
import { ADDS, type Drawer, flowIn, type Place, sized } from "./drawer.ts";

/** From the spine to the gater's column, from there to its derivatives, and to where its gates leave. */
const AWAY = 560;
const ASIDE = 190;
const GATES = 230;
/** From the middle of an operation to the line on which its output branches off. */
const BRANCH = 30;

/** Gated blocks: the gater in a column on the left, the blocks on the spine, where they meet the gates that close some of them. */
export const gated: Drawer = {
  wide: true,
  draw(spine, place) {
    const { stage, number, isRead } = place;
    const blocks = stage.rows.at(-1)!;
    const gates = blocks.gates!;
    const [g, u, y] = [`g${number}`, `u${number}`, `y${number}`];
    const [V, c] = [`V${number}`, `c${number}`];
    const { canvas } = spine;
    const left = gaterColumn(spine, place);
    blocksColumn(spine, place);

    const meet = Math.max(left.y, spine.y) + STEP;
    left.flow(
      `a${number}  [${gates.blocks}]`,
      backThroughUnits(blocks, { before: `a${number}`, after: g, function: "g" }),
      { to: meet },
    );
    left.circle("g");
    left.rightText([`${blocks.estimator!.card.title}${blocks.estimator!.unit.stochastic ? ", fresh noise" : ""}`]);
    const size = gates.blocks * gates.width;
    spine.flow(`${u}  [${size}]`, [`∂L/∂${u} = ${g} ⊙ ${V}ᵀ ∂L/∂${y}`], { to: meet });
    spine.circle("⊙");
    spine.rightText([`${g} ⊙ ${u}: a block of ${gates.width} ${gates.width === 1 ? "unit" : "units"} for each gate`]);
    const [from, end] = [left.x + GATES, spine.x - RADIUS - 2];
    const middle = (from + end) / 2;
    canvas.arrow(from, meet - 5, end, meet - 5);
    canvas.text(middle, meet - 13, `${g}  [${gates.blocks}]`, { anchor: "middle" });
    canvas.back(end, meet + 6, from + 3, meet + 6);
    const which = gates.closedInTraining === "skip" ? "of open gates alone" : "of closed gates as well";
    [`∂L/∂${g} = ⟨${u}, ${V}ᵀ ∂L/∂${y}⟩ in each block`, which].forEach((line, i) => {
      canvas.text(middle, meet + 24 + 16 * i, line, { anchor: "middle", colour: colours.back });
    });
    spine.flow(`${g} ⊙ ${u}  [${size}]`, [`∂L/∂(${g} ⊙ ${u}) = ${V}ᵀ ∂L/∂${y}`]);
    const output = sizeOf(blocks.output);
    spine.circle("×+");
    spine.rightText(
      [`${V}  [${output} × ${size}] = out [${shapeOf(blocks, "out")}],  ${c}  [${output}] = offset`],
      [`∂L/∂${V} = ∂L/∂${y} (${g} ⊙ ${u})ᵀ,  ∂L/∂${c} = ∂L/∂${y}`],
    );
    return {
      output: { letter: y, shape: stage.output, ...(!isRead && { unneeded: "not needed: nothing reads it" }) },
      sizes: [],
      notes: notesOf(gates),
    };
  },
};

/** The gater's maps down a column of their own, which branches off from what the stage reads. */
function gaterColumn(spine: Spine, { stage, input, number, first }: Place): Spine {
  const { canvas } = spine;
  const gater = stage.rows.slice(0, -1);
  const top = spine.y + spine.reach - RADIUS;
  const left = new Spine(canvas, spine.x - AWAY, top, ASIDE);
  left.reach = BRANCH;
  canvas.line(spine.x, top + BRANCH, left.x, top + BRANCH);
  gater.forEach((layer, i) => {
    const ends = i === gater.length - 1;
    const at = `${number}${gater.length > 1 ? subscript(i + 1) : ""}`;
    const [weight, bias] = [`G${at}`, `d${at}`];
    // A map without a function behind it outputs its values as they are.
    const passes = layer.activation === "linear";
    const read = i === 0 ? input.letter : `r${number}${subscript(i)}`;
    const before = ends ? `a${number}` : passes ? `r${at}` : `r${at}′`;
    const label = i === 0 ? sized(input) : `${read}  [${sizeOf(layer.input)}]`;
    left.flow(label, i === 0 && first ? [] : [`∂L/∂${read} ${i === 0 ? "+" : ""}= ${weight}ᵀ ∂L/∂${before}`], {
      ...(i === 0 && { quiet: input.unneeded !== undefined, to: spine.y + spine.reach + STEP - RADIUS }),
    });
    affine(left, { weight, bias, before, input: read }, layer);
    if (ends || passes) return;
    left.flow(`${before}  [${sizeOf(layer.output)}]`, [`∂L/∂${before} = ∂L/∂r${at} ⊙ φ′(${before})`]);
    left.circle("φ");
    left.rightText([layer.activation]);
  });
  return left;
}

/** The blocks' first maps and their function, down the spine. */
function blocksColumn(spine: Spine, { stage, input, number, first }: Place): void {
  const blocks = stage.rows.at(-1)!;
  const size = blocks.gates!.blocks * blocks.gates!.width;
  const [W, b, u] = [`W${number}`, `b${number}`, `u${number}`];
  if (first) spine.flow(sized(input));
  else flowIn(spine, { ...input, branches: true }, `${W}ᵀ ∂L/∂${u}′`);
  const map = { weight: W, bias: b, before: `${u}′`, input: input.letter };
  affine(spine, map, blocks, `[${size} × ${sizeOf(blocks.input)}]`);
  spine.flow(`${u}′  [${size}]`, [`∂L/∂${u}′ = ∂L/∂${u} ⊙ f′(${u}′)`]);
  spine.circle("f");
  spine.rightText([blocks.activation]);
}

/** weight·input + bias as one operation, with what it is in code; a gater's own kind of map by its name. */
function affine(
  column: Spine,
  { weight, bias, before, input }: { weight: string; bias: string; before: string; input: string },
  layer: LayerSummary,
  size = `[${sizeOf(layer.output)} × ${sizeOf(layer.input)}]`,
): void {
  const has = (name: string): boolean => layer.parameters.some((parameter) => parameter.name === name);
  if (layer.kind === "tree") {
    column.circle("tree");
    column.rightText(layer.parameters.map(({ name, shape }) => `${name} [${shape.join(", ")}]`));
    return;
  }
  const code = layer.parameters
    .filter(({ name }) => name === "weight" || name === "bias")
    .map(({ name, shape }) => `${name === "weight" ? `${weight}  ${size}` : bias} = ${name} [${shape.join(", ")}]`);
  const derivatives = [
    `∂L/∂${weight} = ∂L/∂${before} ${input}ᵀ`,
    ...(has("bias") ? [`∂L/∂${bias} = ∂L/∂${before}`] : []),
  ];
  column.circle(has("bias") ? "×+" : "×");
  column.rightText([code.join(",  ")], [derivatives.join(",  ")]);
}

const shapeOf = ({ parameters }: LayerSummary, name: string): string =>
  parameters.find((parameter) => parameter.name === name)!.shape.join(", ");

const notesOf = ({ closedInTraining }: GatesSummary): string[] => [
  "⟨·, ·⟩ sums over a block's units.",
  ADDS,
  "A gate of exactly 0 closes its block for that example: at test closed blocks are skipped.",
  closedInTraining === "skip"
    ? "Where the estimator needs nothing of closed gates, they are skipped in training too."
    : "Where the estimator reads the derivatives of closed gates, training computes all blocks.",
];
