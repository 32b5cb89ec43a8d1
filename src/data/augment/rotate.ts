import { configurable, number } from "../../options/index.ts";
import type { ImageForm } from "../images/form.ts";
import type { ForForm } from "./augmentation.ts";

const options = {
  degrees: number({ above: 0, atMost: 180 }, "the largest angle, to either side", { required: true }),
};

/**
 * Turns an image around its middle by an angle of up to n degrees to either side, each with the same chance. Pixels are interpolated between the four
 * nearest ones; what comes in from beyond the edge is 0.
 */
export const rotate = configurable(
  "augment rotate",
  options,
  ({ degrees }): ForForm =>
    (form) => {
      const { height, width, channels } = form;
      const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
      return (from, to, words) => {
        const [sine, cosine] = sineAndCosine(((2 * words()) / 2 ** 32 - 1) * degrees * (Math.PI / 180));
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const sourceX = middleX + cosine * (x - middleX) + sine * (y - middleY);
            const sourceY = middleY - sine * (x - middleX) + cosine * (y - middleY);
            const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
            const [right, below] = [sourceX - left, sourceY - top];
            const target = (y * width + x) * channels;
            for (let c = 0; c < channels; c++) {
              const [above, under] = [
                blend(from, form, left, top, c, right),
                blend(from, form, left, top + 1, c, right),
              ];
              to[target + c] = (1 - below) * above + below * under;
            }
          }
      };
    },
);

/** Between a pixel and the one to its right: 0 beyond the edge. */
function blend(
  from: Float32Array,
  { height, width, channels }: ImageForm,
  x: number,
  y: number,
  channel: number,
  share: number,
): number {
  if (y < 0 || y >= height) return 0;
  const at = (y * width + x) * channels + channel;
  const left = x >= 0 && x < width ? from[at]! : 0;
  const right = x >= -1 && x + 1 < width ? from[at + channels]! : 0;
  return (1 - share) * left + share * right;
}

/** Terms after which the series has the precision of a double, for angles up to π. */
const TERMS = 30;

/** By their series: those of JavaScript engines differ in the last bit, and images must not. */
export function sineAndCosine(angle: number): readonly [sine: number, cosine: number] {
  let [sine, cosine, term] = [0, 0, 1];
  for (let n = 0; n < TERMS; n += 2) {
    cosine += term;
    term *= angle / (n + 1);
    sine += term;
    term *= -angle / (n + 2);
  }
  return [sine, cosine];
}
