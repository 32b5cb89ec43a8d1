import { channelsOf, type Preprocess, scaled } from "./preprocess.ts";

export interface StandardiseChannelsConfig {
  readonly name: "standardise-channels";
  /** The mean of each channel over all pixels of the training images. */
  readonly mean: readonly number[];
  /** Its standard deviation, with their number as divisor; 0 for a channel that is always the same. */
  readonly deviation: readonly number[];
}

/**
 * Mean 0 and standard deviation 1 of each channel over all pixels of the training images: all pixels are scaled alike, so that an image keeps its look.
 * Examples that aren't [rows, columns, channels] have one channel. A channel that is always the same in training becomes 0.
 */
export const standardiseChannels: Preprocess<StandardiseChannelsConfig> = {
  summary: "mean 0 and standard deviation 1, channel by channel over all pixels",
  formula: String.raw`y = (x - \mathrm{mean}_c) / \mathrm{deviation}_c`,
  lists: { mean: Number.NEGATIVE_INFINITY, deviation: 0 },
  per: "channel",
  fit({ data, shape: [, ...example] }) {
    const channels = channelsOf(example);
    const moments = Array.from({ length: channels }, (_, channel) => {
      let [sum, squares, same] = [0, 0, true];
      for (let at = channel; at < data.length; at += channels) {
        sum += data[at]!;
        same &&= data[at] === data[channel];
      }
      // A rounded mean must not give a constant channel a deviation.
      if (same) return { mean: data[channel]!, deviation: 0 };
      const mean = (sum * channels) / data.length;
      for (let at = channel; at < data.length; at += channels) squares += (data[at]! - mean) ** 2;
      return { mean, deviation: Math.sqrt((squares * channels) / data.length) };
    });
    return {
      name: "standardise-channels",
      mean: moments.map(({ mean }) => mean),
      deviation: moments.map(({ deviation }) => deviation),
    };
  },
  apply: ({ mean, deviation }, x) => scaled(x, mean, deviation),
};
