import { sizeOf } from "../../graph/ndarray.ts";
import type { LayerSummary } from "../../models/model.ts";
import { backThroughUnits } from "../notation.ts";
import { subscript } from "../readable.ts";
import type { Spine } from "../spine.ts";
import { ADDS, type Drawer, flowIn, noiseNotes, sized, unitLines, unneededOf, type Value } from "./drawer.ts";

/** Latents: the encoder's maps, the units, the decoder's maps, and the stage's own loss with the prior of the last stage. */
export const latent: Drawer = {
  draw(spine, { stage, input, number, isRead }) {
    const prior = stage.rows.find(({ parameters }) => parameters.some(({ name }) => name === "prior"));
    const maps = stage.rows.filter((row) => row !== prior);
    const [encoder, decoder] = [maps.slice(0, maps.length / 2), maps.slice(maps.length / 2)];
    const units = encoder.at(-1)!;
    const [a, h, z, c, loss, size] = ["a", "h", "z", "c", "ℓ", "m"].map((letter) => `${letter}${number}`);
    const value: Value = { letter: h!, size: size!, shape: [sizeOf(units.output)], unneeded: unneededOf(units) };
    // What the encoder reads: values around their mean, or bits as −1 and 1.
    const centred = stage.config.mean === undefined ? `(2${input.letter} − 1)` : `(${input.letter} − x̄)`;

    chain(spine, input, encoder, {
      weight: "W",
      bias: "b",
      inner: "r",
      end: a!,
      number,
      read: centred,
      also: ` − ${z}`,
    });
    spine.flow(
      `${a}  [${size}] = ${sizeOf(units.output)}`,
      backThroughUnits(units, { before: a!, after: h!, function: "f" }),
    );
    spine.circle(`f${number}`);
    spine.leftText(unitLines(units, { before: a!, after: h! }));

    chain(spine, value, decoder, { weight: "V", bias: "d", inner: "s", end: z!, number, read: `(2${h} − 1)`, also: prior ? ` + ${a} − ${c}` : ` + ${a}` }); // biome-ignore format: one line
    const x = input.letter;
    spine.flow(sized({ letter: z!, size: input.size, shape: [sizeOf(input.shape)] }), [`∂L/∂${z} = σ(${z}) − ${x}`]);
    spine.circle(loss!);
    if (prior)
      spine.side({
        ...{ letter: c!, lines: [`prior [${sizeOf(units.output)}]`], size: `[${size}] = ${sizeOf(units.output)}` },
        back: [`∂L/∂${c} = σ(${c}) − ${h}`],
      });
    spine.rightText([
      `${loss} = log q(${h} | ${x}) − log p(${x} | ${h})${prior ? ` − log p(${h})` : ""}`,
      `q = σ(${a}),  p(${x} | ${h}) = σ(${z})${prior ? `,  p(${h}) = σ(${c})` : ""}`,
    ]);
    if (isRead) spine.again(h!, "what the units output");
    return {
      output: isRead ? { ...value, branches: true } : { letter: loss!, size: "1", shape: [] },
      sizes: [`${size} = ${sizeOf(units.output)} latents`],
      notes: [
        ...(stage.config.mean === undefined ? [] : ["x̄: the mean of each value over the training set, fixed."]),
        ...(input.branches || isRead ? [ADDS] : []),
        ...noiseNotes(units),
        "In log q the derivative by a is stopped: its mean over h is 0.",
      ],
      loss: loss!,
    };
  },
};

interface Letters {
  readonly weight: string;
  readonly bias: string;
  /** Between two maps, and at the end. */
  readonly inner: string;
  readonly end: string;
  readonly number: string;
  /** What the first map multiplies with. */
  readonly read: string;
  /** What the derivative by the input has from elsewhere. */
  readonly also: string;
}

/** Affine maps with leaky rectifiers between them. */
function chain(spine: Spine, input: Value, maps: readonly LayerSummary[], letters: Letters): void {
  const { number } = letters;
  let value = input;
  for (const [i, map] of maps.entries()) {
    const ends = i === maps.length - 1;
    const at = maps.length === 1 ? number : `${number}${subscript(i + 1)}`;
    const [weight, bias, after] = [`${letters.weight}${at}`, `${letters.bias}${at}`, `${letters.inner}${at}`];
    const before = ends ? letters.end : `${after}′`;
    const factor = i === 0 && letters.read.startsWith("(2") ? "2" : "";
    const also = i === 0 ? letters.also : "";
    flowIn(spine, value, `${factor}${weight}ᵀ ∂L/∂${before}${also}`);
    spine.circle("×+");
    const read = i === 0 ? letters.read : value.letter;
    spine.side({
      letter: `${weight}, ${bias}`,
      lines: map.parameters.map(({ name, shape }) => `${name} [${shape.join(", ")}]`),
      size: `${weight}${read} + ${bias}`,
      back: [`∂L/∂${weight} = ∂L/∂${before} ${read}ᵀ`, `∂L/∂${bias} = ∂L/∂${before}`],
    });
    if (ends) return;
    const shape = [sizeOf(map.output)];
    spine.flow(`${before}  [${shape[0]}]`, [`∂L/∂${before} = ∂L/∂${after} ⊙ φ′(${before})`]);
    spine.circle("φ");
    spine.leftText([map.activation]);
    value = { letter: after, shape };
  }
}
