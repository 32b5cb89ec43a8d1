/** Stages that make, map and end sequences. */
import { showShape } from "../../graph/ndarray.ts";
import { type Drawer, flowIn } from "./drawer.ts";

/** An affine map that is the same at each step, its weight and bias in a box on the left. */
export const perStep: Drawer = {
  draw(spine, { stage, input, number }) {
    const [row] = stage.rows;
    const [W, b, y] = [`W${number}`, `b${number}`, `y${number}`];
    flowIn(spine, input, `[∂L/∂yₜ ${W}ᵀ] at each step t`);
    spine.circle("×+");
    spine.rightText([`yₜ = ${input.letter}ₜ ${W} + ${b}, the same at each of ${row!.input[0]} steps`]);
    spine.side({
      ...{ letter: `${W}, ${b}`, lines: row!.parameters.map(({ name, shape }) => `${name} ${showShape(shape)}`) },
      back: [`∂L/∂${W} = Σₜ ${input.letter}ₜᵀ ∂L/∂yₜ`, `∂L/∂${b} = Σₜ ∂L/∂yₜ`],
    });
    return { output: { letter: y, shape: stage.output }, sizes: [], notes: [] };
  },
};

/** Values become spikes or a sequence: nothing is learned. */
export const encode: Drawer = {
  draw(spine, { stage, input, number }) {
    const [row] = stage.rows;
    flowIn(spine, input, "through the coding");
    spine.circle("0 1");
    spine.leftText([row!.kind, `${stage.output[0]} steps`]);
    return {
      output: { letter: `s${number}`, shape: stage.output, unneeded: "not needed: nothing is learned above" },
      sizes: [],
      notes: [],
    };
  },
};

const reductions: Readonly<Record<string, readonly [sign: string, slope: string, what: string]>> = {
  sum: ["Σ", "at each step that counts", "the sum over steps"],
  mean: ["Σ/T", "divided by the steps that count", "the mean over steps"],
  max: ["max", "at the step of the maximum alone", "the maximum over steps"],
};

/** A sequence becomes one vector. */
export const overTime: Drawer = {
  draw(spine, { stage, input, number }) {
    const [sign, where, what] = reductions[String(stage.config.reduce)]!;
    const y = `y${number}`;
    flowIn(spine, input, `∂L/∂${y} ${where}`);
    spine.circle(sign);
    spine.leftText([what]);
    return { output: { letter: y, shape: stage.output }, sizes: [], notes: [] };
  },
};
