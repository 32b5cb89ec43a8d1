import { configurable, number } from "../../options/index.ts";
import type { ForForm } from "./augmentation.ts";

const options = { chance: number({ above: 0, atMost: 1 }, "chance that an image is mirrored", { default: 0.5 }) };

/** Mirrors an image left to right with a chance of its own. Not for digits and letters. */
export const flip = configurable(
  "augment flip",
  options,
  ({ chance }): ForForm =>
    ({ height, width, channels }) => {
      return (from, to, words) => {
        if (words() >= chance * 2 ** 32) return to.set(from);
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const [source, target] = [(y * width + width - 1 - x) * channels, (y * width + x) * channels];
            for (let c = 0; c < channels; c++) to[target + c] = from[source + c]!;
          }
      };
    },
);
