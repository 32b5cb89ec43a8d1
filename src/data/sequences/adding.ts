import { uniformBelow } from "../../random/philox.ts";
import { checkNumber } from "../../rules.ts";
import type { DataSource, StreamedDataset } from "../dataset.ts";
import { COLUMNS, sparkline } from "../drawing.ts";
import { type GeneratedOptions, generated, generatedOptions, unit } from "./generated.ts";

export interface AddingOptions extends GeneratedOptions {
  /** T: steps of a sequence (default: 100). */
  readonly length?: number | undefined;
}

/**
 * The adding problem: x [T, 2] is a value, uniform in [0, 1), and a marker at each step; two steps are marked, one in each half; y [1] is the
 * sum of the two marked values. The prediction 1 has a mean squared error of Var(u + v) = 1/6.
 * Hochreiter and Schmidhuber, Neural Computation 9(8), 1997; in this form Le, Jaitly and Hinton, arXiv:1504.00941, 2015.
 */
export const adding: DataSource<AddingOptions, StreamedDataset<"x" | "y">> = {
  name: "adding",
  summary: "add the two marked values of a long sequence",
  options: ["length", ...generatedOptions],
  async load({ length = 100, ...options }) {
    checkNumber("data: adding: length", length, { whole: true, atLeast: 2 });
    const half = Math.floor(length / 2);
    return generated(
      {
        name: "adding",
        domain: 0x41444430,
        fields: {
          x: { shape: [length, 2], dtype: "float32" },
          y: { shape: [1], dtype: "float32" },
        },
        write({ x, y }, nextWord) {
          for (let step = 0; step < length; step++) x[2 * step] = unit(nextWord());
          const marked = [uniformBelow(nextWord, half), half + uniformBelow(nextWord, length - half)];
          for (const step of marked) {
            x[2 * step + 1] = 1;
            y[0] = y[0]! + x[2 * step]!;
          }
        },
        baseline: "The prediction 1 has a mean squared error of 1/6 = 0.167.",
        draw({ x, y }) {
          const channel = (at: number) => Array.from({ length }, (_, step) => x[2 * step + at]!);
          const marked = channel(1).flatMap((marker, step) => (marker === 1 ? [step] : []));
          // A character that stands for several steps can't show which of their values is marked.
          const bars = length <= COLUMNS ? [`value  ${sparkline(channel(0), { range: [0, 1] })}`] : [];
          return [
            ...bars,
            `marker ${sparkline(channel(1))}`,
            ...marked.map((step) => `marked ${x[2 * step]!.toFixed(4)} in step ${step + 1}`),
            `y      ${y[0]!.toFixed(4)}`,
          ].join("\n");
        },
      },
      options,
    );
  },
};
