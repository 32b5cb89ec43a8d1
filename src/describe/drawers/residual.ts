import { showShape } from "../../graph/ndarray.ts";
import { ADDS, type Drawer, drawUnits, flowIn, ofUnits } from "./drawer.ts";

/** The end of a residual stage: what its stages output, and what came around them, with or without a map of its own. */
export const residual: Drawer = {
  draw(spine, { stage, input, around, number }) {
    const row = stage.rows[0]!;
    const units = ofUnits(row, number, stage.output);
    const [P, slope] = [`P${number}`, `∂L/∂${units.before}`];
    const [weight] = row.parameters;
    const { letter: x, unneeded } = around!;
    flowIn(spine, input, slope);
    spine.circle("+");
    spine.join(unneeded === undefined);
    if (weight)
      spine.side({
        letter: P,
        lines: [`${weight.name} ${showShape(weight.shape)}`, row.map!.replace(/^residual sum, /, "")],
        back: [`∂L/∂${P} = ${x} ⋆ ${slope}`],
      });
    else spine.leftText([row.name]);
    spine.note(
      `${units.before} = ${input.letter} + ${weight ? `${P} ∗ ${x}` : x}`,
      unneeded === undefined ? [`around: ∂L/∂${x} = ${weight ? `${P}ᵀ ∗ ${slope}` : slope}`] : [],
    );
    return { output: drawUnits(spine, units), sizes: [], notes: [ADDS, ...units.notes] };
  },
};
