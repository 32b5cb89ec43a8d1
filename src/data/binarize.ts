import { NdArray } from "../graph/index.ts";
import { philox } from "../random/philox.ts";
import { type Dataset, floats, type Split, type SplitName } from "./dataset.ts";

/** Keeps the words of binarisation apart from those that other draws take from the same key ("BINA" and the split). */
const DOMAINS: Readonly<Record<SplitName, number>> = { train: 0x42494e41, valid: 0x42494e42, test: 0x42494e43 };

/**
 * Gray levels become black or white once and for all: a pixel is 1 with its gray level as probability, by a draw that is
 * fixed by the seed, the split, and the pixel's place in it. A function of its arguments alone.
 *
 * This is how the statically binarised MNIST of the literature (Salakhutdinov and Murray 2008; Larochelle and Murray 2011) came
 * about, with a draw of its own: the images differ from those files pixel by pixel, not in distribution.
 */
export const binarised = <Name extends string>(data: Dataset<Name | "x">, seed: number): Dataset<Name | "x"> => ({
  ...data,
  name: `${data.name}-binarised`,
  splitNote: `${data.splitNote} Every pixel is 1 with its gray level as probability, drawn once with seed ${seed}.`,
  train: binarisedSplit(data.train, seed),
  valid: binarisedSplit(data.valid, seed),
  test: binarisedSplit(data.test, seed),
});

function binarisedSplit<Name extends string>(split: Split<Name | "x">, seed: number): Split<Name | "x"> {
  const { name, fields } = split;
  const inputs = floats(fields.x);
  const bits = new Float32Array(inputs.length);
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  // A block of Philox is four draws; where all four pixels are certain, most of them, it isn't computed.
  for (let at = 0; at < inputs.length; at += 4) {
    const end = Math.min(at + 4, inputs.length);
    let words: readonly number[] | undefined;
    for (let i = at; i < end; i++) {
      const p = inputs[i]!;
      if (p > 0 && p < 1) words ??= philox([at / 4, 0, 0, DOMAINS[name]], key);
      bits[i] = p >= 1 || (p > 0 && words![i - at]! < p * 2 ** 32) ? 1 : 0;
    }
  }
  return { ...split, fields: { ...fields, x: new NdArray(bits, fields.x.shape) } };
}

/** The mean of each feature over a split. [features] */
export function featureMeans({ fields, size }: Pick<Split<"x">, "fields" | "size">): Float32Array {
  const inputs = floats(fields.x);
  const features = inputs.length / size;
  const sums = new Float64Array(features);
  for (let at = 0, feature = 0; at < inputs.length; at++) {
    sums[feature]! += inputs[at]!;
    feature = feature + 1 === features ? 0 : feature + 1;
  }
  return Float32Array.from(sums, (sum) => sum / size);
}
