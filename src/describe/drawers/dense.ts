import { sizeOf } from "../../graph/ndarray.ts";
import { backThroughUnits } from "../notation.ts";
import { type Drawer, flowIn, noiseNotes, sized, unitLines, unneededOf } from "./drawer.ts";

/** An affine map, its weight and bias in boxes on the left, and the units behind it, if any. */
export const dense: Drawer = {
  draw(spine, { stage, input, number, first, last, activated, letters }) {
    const layer = stage.rows[0]!;
    const ends = last && !layer.estimator;
    const [weight, bias, size] = ends
      ? [letters.weight, letters.bias, "q"]
      : [`W${number}`, `b${number}`, `m${number}`];
    const after = ends ? "y" : `h${number}`;
    const before = (ends ? activated : layer.estimator) ? `${after}′` : after;
    const from = input.size ?? String(sizeOf(input.shape));
    const [n, m] = [sizeOf(layer.input), sizeOf(layer.output)];
    const slope = `∂L/∂${before}`;
    const [ofWeight, ofBias] = layer.parameters.map(({ name, shape }) => `${name} [${shape.join(", ")}]`);

    flowIn(spine, input, `${weight}ᵀ ${slope}`);
    spine.circle("×");
    const weights = { letter: weight, lines: [ofWeight!], size: `[${size} × ${from}] = ${m} × ${n}` };
    spine.side({ ...weights, back: [`∂L/∂${weight} = ${slope} ${input.letter}ᵀ`] });
    const product = `${weight}${input.letter}`;
    spine.flow(`${product}  [${size}] = ${m}`, [`∂L/∂(${product}) = ${slope}`]);
    spine.circle("+");
    const biases = { letter: bias, lines: [ofBias!], size: `[${size}] = ${m}` };
    spine.side({ ...biases, back: [`∂L/∂${bias} = ${slope}`] });
    if (layer.estimator) {
      const units = `f${number}`;
      spine.flow(
        sized({ letter: before, size, shape: [m] }),
        backThroughUnits(layer, { before, after, function: units }),
      );
      spine.circle(units);
      spine.leftText(unitLines(layer, { before, after }));
    }
    return {
      output: {
        ...{ letter: ends ? before : after, size, shape: stage.output },
        unneeded: unneededOf(layer),
      },
      sizes: ends ? [] : [`${size} = ${m} ${layer.estimator ? "hidden units" : "values"}`],
      notes: [
        ...noiseNotes(layer),
        ...(first
          ? [
              `On paper an example is a column: ${before} = ${weight}x + ${bias}.`,
              `In code a batch of B examples is rows: x [B, n], weight = ${weight}ᵀ [n, ${size}], ${before} = x weight + bias [B, ${size}];`,
              `∂L/∂weight = xᵀ ${slope} and ∂L/∂bias = the sum of its rows are then sums over the batch.`,
            ]
          : []),
      ],
    };
  },
};
