import { philox } from "../random/philox.ts";
import type { Dataset, Split } from "./dataset.ts";

/** Keeps the words of binarisation apart from those that other draws take from the same key ("BINA" and the split). */
const DOMAINS: Readonly<Record<Split["name"], number>> = { train: 0x42494e41, valid: 0x42494e42, test: 0x42494e43 };

/**
 * Gray levels become black or white once and for all: a pixel is 1 with its gray level as probability, by a draw that is
 * fixed by the seed, the split, and the pixel's place in it. A function of its arguments alone.
 *
 * This is how the statically binarised MNIST of the literature (Salakhutdinov and Murray 2008; Larochelle and Murray 2011) came
 * about, with a draw of its own: the images differ from those files pixel by pixel, not in distribution.
 */
export const binarised = (data: Dataset, seed: number): Dataset => ({
  ...data,
  name: `${data.name}-binarised`,
  splitNote: `${data.splitNote} Every pixel is 1 with its gray level as probability, drawn once with seed ${seed}.`,
  train: binarisedSplit(data.train, seed),
  valid: binarisedSplit(data.valid, seed),
  test: binarisedSplit(data.test, seed),
});

function binarisedSplit(split: Split, seed: number): Split {
  const { inputs, name } = split;
  const bits = new Float32Array(inputs.length);
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  // A block of Philox is four draws; where all four pixels are certain, most of them, it isn't worked out.
  for (let at = 0; at < inputs.length; at += 4) {
    const end = Math.min(at + 4, inputs.length);
    let words: readonly number[] | undefined;
    for (let i = at; i < end; i++) {
      const p = inputs[i]!;
      if (p > 0 && p < 1) words ??= philox([at / 4, 0, 0, DOMAINS[name]], key);
      bits[i] = p >= 1 || (p > 0 && words![i - at]! < p * 2 ** 32) ? 1 : 0;
    }
  }
  return { ...split, inputs: bits };
}

/** The mean of each feature over a split. [features] */
export function featureMeans({ inputs, size }: Pick<Split, "inputs" | "size">): Float32Array {
  const features = inputs.length / size;
  const sums = new Float64Array(features);
  for (let at = 0, feature = 0; at < inputs.length; at++) {
    sums[feature]! += inputs[at]!;
    feature = feature + 1 === features ? 0 : feature + 1;
  }
  return Float32Array.from(sums, (sum) => sum / size);
}
