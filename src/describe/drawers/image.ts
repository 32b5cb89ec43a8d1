/** Stages of images: convolutions, pooling, normalisation, and what changes no more than a shape. */
import { showShape } from "../../graph/ndarray.ts";
import { type Drawer, drawUnits, flowIn, ofUnits, type Value } from "./drawer.ts";

export const CONVOLUTION = [
  "W ∗ x: at each place of the image, a feature is the sum of the products of its taps W and the numbers under them.",
  "Wᵀ ∗ δ, the transposed convolution: each place's derivative times the taps, added up where the taps lay.",
  "x ⋆ δ, a correlation: for each tap the sum, over all places, of what lay under it times the derivative there.",
];

/** A convolution, its weight and bias in a box on the left, and the units behind it, if any. */
export const conv: Drawer = {
  draw(spine, { stage, input, number }) {
    const row = stage.rows[0]!;
    const units = ofUnits(row, number, stage.output);
    const [W, b, slope] = [`W${number}`, `b${number}`, `∂L/∂${units.before}`];
    const hasBias = row.parameters.length > 1;
    flowIn(spine, input, `${W}ᵀ ∗ ${slope}`);
    spine.circle("∗");
    spine.rightText([row.map!, `${units.before} = ${W} ∗ ${input.letter}${hasBias ? ` + ${b}` : ""}`]);
    spine.side({
      letter: hasBias ? `${W}, ${b}` : W,
      lines: row.parameters.map(({ name, shape }) => `${name} ${showShape(shape)}`),
      back: [`∂L/∂${W} = ${input.letter} ⋆ ${slope}`, ...(hasBias ? [`∂L/∂${b} = ${slope} summed over places`] : [])],
    });
    return { output: drawUnits(spine, units), sizes: [], notes: [...CONVOLUTION, ...units.notes] };
  },
};

/** The largest or the mean number under a window, or of a whole channel. */
const pooling = (isMax: boolean, slope: string): Drawer => ({
  draw(spine, { stage, input, number }) {
    const row = stage.rows[0]!;
    const units = ofUnits(row, number, stage.output);
    flowIn(spine, input, `∂L/∂${units.before} ${slope}`);
    spine.circle(isMax ? "max" : "Σ/n");
    spine.leftText([row.map!]);
    return { output: drawUnits(spine, units), sizes: [], notes: units.notes };
  },
});

const [max, mean, globalMax, globalMean] = [
  pooling(true, "at the largest number of each window, 0 elsewhere"),
  pooling(false, "divided by n at each of a window's n places"),
  pooling(true, "at the largest number of each channel, 0 elsewhere"),
  pooling(false, "divided by n at each of n places"),
];

export const pool: Drawer = {
  draw: (spine, place) => (place.stage.config.reduce === "mean" ? mean : max).draw(spine, place),
};

export const globalPool: Drawer = {
  draw: (spine, place) => (place.stage.config.reduce === "max" ? globalMax : globalMean).draw(spine, place),
};

/** What x̂ is, of values that are normalised over `over`. */
export const normalNotes = (over: string, isLayer: boolean): string[] => [
  `x̂ = (x − μ) / σ, of what a normalisation reads: mean μ, deviation σ and ⟨·⟩, the mean, are over ${over}.`,
  ...(isLayer ? [] : ["At test μ and σ are running means, which each training step moves."]),
];

/** Batch or layer normalisation, its scale and shift in a box on the left. */
export const normalise: Drawer = {
  draw(spine, { stage, input, number }) {
    const row = stage.rows[0]!;
    const isLayer = stage.config.over === "layer";
    const units = ofUnits(row, number, stage.output);
    const [scale, shift, slope] = [`γ${number}`, `β${number}`, `∂L/∂${units.before}`];
    flowIn(spine, input, `(δ − ⟨δ⟩ − x̂ ⊙ ⟨δ ⊙ x̂⟩) / σ, δ = ${scale} ⊙ ${slope}`);
    spine.circle("μσ");
    spine.rightText([row.map!, `${units.before} = ${scale} ⊙ x̂ + ${shift}`]);
    spine.side({
      letter: `${scale}, ${shift}`,
      lines: row.parameters.filter(({ byRule }) => !byRule).map(({ name, shape }) => `${name} ${showShape(shape)}`),
      back: [`∂L/∂${scale} = Σ x̂ ⊙ ${slope}`, `∂L/∂${shift} = Σ ${slope}`],
    });
    const over = isLayer ? "all values of an example" : "the batch and all places, for each channel";
    return {
      output: drawUnits(spine, units),
      sizes: [],
      notes: [...normalNotes(over, isLayer), ...units.notes],
    };
  },
};

/** Numbers that are 0 by chance. */
export const dropout: Drawer = {
  draw(spine, { stage, input, number }) {
    const { rate = 0.5, each } = stage.config as { readonly rate?: number; readonly each?: string };
    const output: Value = { letter: `h${number}`, shape: stage.output };
    const [m, stays] = [`m${number}`, Number((1 - rate).toPrecision(6))];
    flowIn(spine, input, `${m} ⊙ ∂L/∂${output.letter} / ${stays}`);
    spine.circle("⊙");
    spine.leftText([stage.rows[0]!.kind]);
    spine.rightText([`${output.letter} = ${m} ⊙ ${input.letter} / ${stays}`]);
    const which = each === "channel" ? "channel" : "value";
    return {
      output,
      sizes: [],
      notes: [
        `${m}: in training 0 with probability ${rate} for each ${which} of an example, else 1; at test ${output.letter} = ${input.letter}.`,
      ],
    };
  },
};

/** All numbers in a row. */
export const flatten: Drawer = {
  draw(spine, { stage, input, number }) {
    const units = ofUnits(stage.rows[0]!, number, stage.output);
    flowIn(spine, input, `∂L/∂${units.before} in the shape ${showShape(input.shape)}`);
    spine.circle("vec");
    spine.leftText(["all numbers in a row"]);
    return { output: drawUnits(spine, units), sizes: [], notes: units.notes };
  },
};
