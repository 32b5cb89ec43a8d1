import { showShape, sizeOf } from "../../graph/ndarray.ts";
import type { LayerSummary } from "../../models/model.ts";
import { backThroughUnits } from "../notation.ts";
import { subscript } from "../readable.ts";
import { BOX_EDGE, type Side } from "../spine.ts";
import { type Drawer, flowIn, sized, unitLines, unneededOf, type Value } from "./drawer.ts";

/** A stage of any kind: each of its rows a box with its shapes, its parameters in a box on the left, and its units behind it. */
export const own: Drawer = {
  draw(spine, { stage, input, number }) {
    let value = input;
    for (const [i, layer] of stage.rows.entries()) {
      const ends = i === stage.rows.length - 1;
      const at = stage.rows.length === 1 ? number : `${number}${subscript(i + 1)}`;
      const after: Value = {
        ...{ letter: ends ? `h${number}` : `r${at}`, shape: ends ? stage.output : layer.output },
        unneeded: unneededOf(layer),
      };
      const before = layer.estimator ? `${after.letter}′` : after.letter;
      const { name } = layer;
      const shapes = `${showShape(layer.input)} → ${showShape(layer.output)}`;
      const beside = parametersOf(layer, at);
      flowIn(spine, value, `(∂${before}/∂${value.letter})ᵀ ∂L/∂${before}`, {
        reach: 24,
      });
      spine.box([name, shapes]);
      if (beside) spine.side(beside, BOX_EDGE);
      if (layer.estimator) {
        const units = `f${at}`;
        spine.flow(
          sized({ letter: before, shape: layer.output }),
          backThroughUnits(layer, { before, after: after.letter, function: units }),
        );
        spine.circle(units);
        spine.leftText(unitLines(layer, { before, after: after.letter }));
      }
      value = after;
    }
    const loss = stage.addsLoss ? `ℓ${number}` : undefined;
    if (loss) spine.note(`adds a loss of its own, ${loss}, to L`);
    return {
      output: value,
      sizes: [],
      notes: ["A box is a function whose derivatives come from automatic differentiation; θ are its parameters."],
      loss,
    };
  },
};

/** What a box has learned: its first parameters with their shapes. */
function parametersOf({ parameters }: LayerSummary, number: string): Side | undefined {
  if (parameters.length === 0) return undefined;
  const shown = parameters.slice(0, 4).flatMap(({ name, shape }) => {
    const line = `${name} ${showShape(shape)}`;
    return line.length > 21 ? [name, showShape(shape)] : [line];
  });
  const rest = parameters.length - 4;
  const numbers = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    letter: `θ${number}`,
    lines: rest > 0 ? [...shown, `and ${rest} more`] : shown,
    size: `${numbers.toLocaleString("en-US")} numbers`,
    back: [`∂L/∂θ${number}`],
  };
}
