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
    const { gate, keep: chance } = stage.config;
    const keep = typeof chance === "number" ? chance : 1;
    const g = gate !== undefined || keep < 1 ? `g${number} ` : "";
    flowIn(spine, input, `${g}${slope}`);
    spine.circle("+");
    spine.join(unneeded === undefined);
    if (weight)
      spine.side({
        letter: P,
        lines: [`${weight.name} ${showShape(weight.shape)}`, row.map!.split(", ").at(-1)!],
        back: [`∂L/∂${P} = ${x} ⋆ ${slope}`],
      });
    else spine.leftText([row.name]);
    spine.note(
      `${units.before} = ${g}${input.letter} + ${weight ? `${P} ∗ ${x}` : x}`,
      unneeded === undefined ? [`around: ∂L/∂${x} = ${weight ? `${P}ᵀ ∗ ${slope}` : slope}`] : [],
    );
    return { output: drawUnits(spine, units), sizes: [], notes: [ADDS, ...gateNotes(gate, keep), ...units.notes] };
  },
};

/** What the gate of a residual stage is, and what is not drawn of it. */
function gateNotes(gate: unknown, keep: number): string[] {
  if (gate !== undefined)
    return [
      "g of a residual stage: a gate for each image, which a gater scores from what the stage reads; the gater and its derivatives are not drawn. Where it is 0 the stages are skipped.",
    ];
  if (keep === 1) return [];
  return [
    "g of a residual stage: 1 with the chance keep, else 0, for each image of a training step. Where it is 0 the stages are skipped. The deterministic readout takes keep in its place.",
  ];
}
