import { UserError } from "../../errors.ts";
import { choice, configurable, whole } from "../../options/index.ts";
import { uniformBelow } from "../../random/philox.ts";
import { type Augment, copyRow, edges, type ForForm, within } from "./augmentation.ts";

const options = {
  pixels: whole(1, "the most pixels, in each direction", { required: true }),
  edge: choice(edges, "what comes in from beyond the edge", { default: "zero" }),
};

/**
 * Moves an image by up to n pixels across and down, each distance with the same chance. It is the random crop of papers: n pixels of padding
 * around the image, and a piece of its own size out of that. He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition, with n = 4.
 */
export const shift = configurable(
  "augment shift",
  options,
  ({ pixels, edge }): ForForm =>
    (form): Augment => {
      const { height, width, channels } = form;
      if (pixels >= Math.min(height, width))
        throw new UserError(
          `augment shift: pixels must be below the ${Math.min(height, width)} pixels of the image's shorter side, received ${pixels}`,
        );
      return (from, to, words) => {
        const [dx, dy] = [uniformBelow(words, 2 * pixels + 1) - pixels, uniformBelow(words, 2 * pixels + 1) - pixels];
        for (let row = 0; row < height; row++) {
          const y = within(row - dy, height, edge);
          if (y < 0) to.fill(0, row * width * channels, (row + 1) * width * channels);
          else copyRow(from, to, form, { y, row, dx, edge });
        }
      };
    },
);
