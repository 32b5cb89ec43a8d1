import { showShape } from "../../graph/ndarray.ts";
import type { Spine } from "../spine.ts";
import { ADDS, type Drawer, flowIn, noiseNotes, type Place, sized } from "./drawer.ts";
import { gateNotes, gatesColumn, meetGates } from "./gated.ts";
import { CONVOLUTION, normalNotes } from "./image.ts";

/** A convolution behind gates: the gater down the spine, on the mean of each channel, then the convolution of the same image, where it meets the gates. */
export const gatedConv: Drawer = {
  draw(spine, place) {
    const { stage, number, input, first, isRead } = place;
    const row = stage.rows.at(-1)!;
    const gates = row.gates!;
    const [g, u, y, v] = [`g${number}`, `u${number}`, `y${number}`, `v${number}`];
    const isNormalised = row.parameters.some(({ name }) => name === "scale");
    if (first) spine.flow(sized(input));
    else flowIn(spine, { ...input, branches: true }, `∂L/∂${v} / n at each of n places`);
    spine.circle("Σ/n");
    spine.rightText([`${v}: the mean of each channel`]);
    const means = { letter: v, shape: stage.rows[0]!.input };
    const leaves = gatesColumn(spine, { ...place, input: means }, true);
    features(spine, place, isNormalised);

    spine.flow(`${u}  ${showShape(stage.output)}`, [`∂L/∂${u} = ${g} ⊙ ∂L/∂${y}`]);
    spine.circle("⊙");
    const group = `${gates.width} ${gates.width === 1 ? "feature" : "features"}`;
    spine.rightText([`${y} = ${g} ⊙ ${u}: a group of ${group} for each gate`]);
    meetGates(spine, leaves, g, gates, `∂L/∂${g} = ⟨${u}, ∂L/∂${y}⟩ in each group`);
    return {
      output: { letter: y, shape: stage.output, ...(!isRead && { unneeded: "not needed: nothing reads it" }) },
      sizes: [],
      notes: [
        ...CONVOLUTION,
        ...(isNormalised
          ? normalNotes("all places of a batch's images whose gate is open, for each channel", false)
          : []),
        ...noiseNotes(row),
        "⟨·, ·⟩ sums over a group's features and all places.",
        ADDS,
        ...gateNotes(gates, { one: "group", example: "image" }),
      ],
    };
  },
};

/** The convolution, its normalisation and its function, down the spine. */
function features(spine: Spine, { stage, number, input, first }: Place, isNormalised: boolean): void {
  const row = stage.rows.at(-1)!;
  const [W, b, u] = [`W${number}`, `b${number}`, `u${number}`];
  const [scale, shift, before] = [`γ${number}`, `β${number}`, `${u}′`];
  const convolved = isNormalised ? `z${number}` : before;
  const shapeOf = (name: string): string => showShape(row.parameters.find((own) => own.name === name)!.shape);
  const size = showShape(stage.output);
  spine.again(input.letter, "the same input, to the convolution");
  if (first) spine.flow(sized(input));
  else flowIn(spine, { ...input, branches: true }, `${W}ᵀ ∗ ∂L/∂${convolved}`);
  spine.circle("∗");
  spine.rightText(
    [
      `${convolved} = ${W} ∗ ${input.letter}${isNormalised ? "" : ` + ${b}`}`,
      `${W} = weight ${shapeOf("weight")}`,
      ...(isNormalised ? [] : [`${b} = bias ${shapeOf("bias")}`]),
    ],
    [
      `∂L/∂${W} = ${input.letter} ⋆ ∂L/∂${convolved}`,
      ...(isNormalised ? [] : [`∂L/∂${b} = ∂L/∂${before} summed over places`]),
    ],
  );
  if (isNormalised) {
    const slope = `∂L/∂${before}`;
    spine.flow(`${convolved}  ${size}`, [`∂L/∂${convolved} = (δ − ⟨δ⟩ − x̂ ⊙ ⟨δ ⊙ x̂⟩) / σ, δ = ${scale} ⊙ ${slope}`]);
    spine.circle("μσ");
    spine.rightText(
      [`${before} = ${scale} ⊙ x̂ + ${shift}`, `${scale} = scale ${shapeOf("scale")}`, `${shift} = shift ${shapeOf("shift")}`], // biome-ignore format: one line
      [`∂L/∂${scale} = Σ x̂ ⊙ ${slope}`, `∂L/∂${shift} = Σ ${slope}`],
    );
  }
  spine.flow(`${before}  ${size}`, [`∂L/∂${before} = ∂L/∂${u} ⊙ f′(${before})`]);
  spine.circle("f");
  spine.rightText([row.activation]);
}
