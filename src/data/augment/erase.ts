import { UserError } from "../../errors.ts";
import { configurable, number, whole } from "../../options/index.ts";
import { uniformBelow } from "../../random/philox.ts";
import type { ForForm } from "./augmentation.ts";

const options = {
  size: whole(1, "side of the square in pixels", { required: true }),
  value: number({}, "what its pixels become", { default: 0 }),
};

/**
 * Covers a square whose middle may be any pixel, so that a part of it may lie outside of the image. DeVries and Taylor 2017, Improved
 * regularization of convolutional neural networks with cutout, https://arxiv.org/abs/1708.04552.
 */
export const erase = configurable(
  "augment erase",
  options,
  ({ size, value }): ForForm =>
    ({ height, width, channels }) => {
      if (size > Math.min(height, width))
        throw new UserError(
          `augment erase: size must be at most the ${Math.min(height, width)} pixels of the image's shorter side, received ${size}`,
        );
      return (from, to, words) => {
        to.set(from);
        const [left, top] = [uniformBelow(words, width), uniformBelow(words, height)].map((at) => at - (size >> 1));
        const [start, end] = [Math.max(0, left!), Math.min(width, left! + size)];
        for (let y = Math.max(0, top!); y < Math.min(height, top! + size); y++)
          to.fill(value, (y * width + start) * channels, (y * width + end) * channels);
      };
    },
);
