import { sizeOf } from "../../graph/ndarray.ts";
import type { GatesSummary, LayerSummary } from "../../models/model.ts";
import { colours } from "../canvas.ts";
import { backThroughUnits } from "../notation.ts";
import { subscript } from "../readable.ts";
import { RADIUS, type Spine } from "../spine.ts";
import { ADDS, type Drawer, flowIn, noiseNotes, type Place, sized, unitLines } from "./drawer.ts";

/** From the spine to the line on which the gates reach the blocks. */
const AWAY = 40;

/** Gated blocks: the gater down the spine, then the blocks on the same input, where they meet the gates that close some of them. */
export const gated: Drawer = {
  draw(spine, place) {
    const { stage, number, isRead } = place;
    const blocks = stage.rows.at(-1)!;
    const gates = blocks.gates!;
    const [g, u, y] = [`g${number}`, `u${number}`, `y${number}`];
    const [V, c] = [`V${number}`, `c${number}`];
    const leaves = gatesColumn(spine, place);
    blocksColumn(spine, place);

    const size = gates.blocks * gates.width;
    spine.flow(`${u}  [${size}]`, [`∂L/∂${u} = ${g} ⊙ ${V}ᵀ ∂L/∂${y}`]);
    spine.circle("⊙");
    spine.rightText([`${g} ⊙ ${u}: a block of ${gates.width} ${gates.width === 1 ? "unit" : "units"} for each gate`]);
    meetGates(spine, leaves, g, gates, `∂L/∂${g} = ⟨${u}, ${V}ᵀ ∂L/∂${y}⟩ in each block`);
    spine.flow(`${g} ⊙ ${u}  [${size}]`, [`∂L/∂(${g} ⊙ ${u}) = ${V}ᵀ ∂L/∂${y}`]);
    const output = sizeOf(blocks.output);
    spine.circle("×+");
    spine.rightText(
      [`${V}  [${output} × ${size}] = out [${shapeOf(blocks, "out")}]`, `${c}  [${output}] = offset`],
      [`∂L/∂${V} = ∂L/∂${y} (${g} ⊙ ${u})ᵀ`, `∂L/∂${c} = ∂L/∂${y}`],
    );
    return {
      output: { letter: y, shape: stage.output, ...(!isRead && { unneeded: "not needed: nothing reads it" }) },
      sizes: [],
      notes: [...noiseNotes(blocks), ...notesOf(gates)],
    };
  },
};

/** The gater and the gates' units down the spine, and where the gates leave it. What the gater reads is read again below, unless it `readsAlone`. */
export function gatesColumn(spine: Spine, place: Place, readsAlone = false): number {
  const { stage, number } = place;
  const row = stage.rows.at(-1)!;
  const [a, g] = [`a${number}`, `g${number}`];
  gaterColumn(spine, place, readsAlone);
  spine.flow(`${a}  [${row.gates!.blocks}]`, backThroughUnits(row, { before: a, after: g, function: "g" }));
  spine.circle("g");
  spine.rightText(unitLines(row, { before: a, after: g }));
  return spine.y;
}

/** From where the gates left the spine, down the left column to the operation in which they meet what they close. */
export function meetGates(spine: Spine, leaves: number, g: string, gates: GatesSummary, slope: string): void {
  const [far, near] = [spine.x - AWAY, spine.x - RADIUS - 2];
  spine.canvas.path(`M${near} ${leaves - 4}H${far}V${spine.y - 4}H${near}`, { end: "flow" });
  spine.canvas.path(`M${near} ${spine.y + 6}H${far - 9}V${leaves + 6}H${near}`, { stroke: colours.back, end: "back" });
  const which = gates.closedInTraining === "skip" ? "of open gates alone" : "of closed gates as well";
  spine.column([`${g}  [${gates.blocks}]`], [`${slope}, ${which}`], (leaves + spine.y) / 2, far);
}

/** The gater's maps down the spine. */
function gaterColumn(spine: Spine, { stage, input, number, first }: Place, readsAlone: boolean): void {
  const gater = stage.rows.slice(0, -1);
  gater.forEach((layer, i) => {
    const ends = i === gater.length - 1;
    const at = `${number}${gater.length > 1 ? subscript(i + 1) : ""}`;
    const [weight, bias] = [`G${at}`, `d${at}`];
    // A map without a function behind it outputs its values as they are.
    const passes = layer.activation === "linear";
    const read = i === 0 ? input.letter : `r${number}${subscript(i)}`;
    const before = ends ? `a${number}` : passes ? `r${at}` : `r${at}′`;
    const label = i === 0 ? sized(input) : `${read}  [${sizeOf(layer.input)}]`;
    spine.flow(
      label,
      i === 0 && first ? [] : [`∂L/∂${read} ${i === 0 && !readsAlone ? "+" : ""}= ${weight}ᵀ ∂L/∂${before}`],
      {
        quiet: i === 0 && input.unneeded !== undefined,
      },
    );
    affine(spine, { weight, bias, before, input: read }, layer);
    if (ends || passes) return;
    spine.flow(`${before}  [${sizeOf(layer.output)}]`, [`∂L/∂${before} = ∂L/∂r${at} ⊙ φ′(${before})`]);
    spine.circle("φ");
    spine.rightText([layer.activation]);
  });
}

/** The blocks' first maps and their function, down the spine. */
function blocksColumn(spine: Spine, { stage, input, number, first }: Place): void {
  const blocks = stage.rows.at(-1)!;
  const size = blocks.gates!.blocks * blocks.gates!.width;
  const [W, b, u] = [`W${number}`, `b${number}`, `u${number}`];
  spine.again(input.letter, "the same input, to the blocks");
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
  column.rightText(code, derivatives);
}

const shapeOf = ({ parameters }: LayerSummary, name: string): string =>
  parameters.find((parameter) => parameter.name === name)!.shape.join(", ");

const notesOf = (gates: GatesSummary): string[] => [
  "⟨·, ·⟩ sums over a block's units.",
  ADDS,
  ...gateNotes(gates, { one: "block", example: "example" }),
];

/** What a closed gate saves. */
export const gateNotes = (
  { closedInTraining }: GatesSummary,
  { one, example }: { readonly one: string; readonly example: string },
): string[] => [
  `A gate of exactly 0 closes its ${one} for that ${example}: at test closed ${one}s are skipped.`,
  closedInTraining === "skip"
    ? "Where the estimator needs nothing of closed gates, they are skipped in training too."
    : `Where the estimator reads the derivatives of closed gates, training computes all ${one}s.`,
];
