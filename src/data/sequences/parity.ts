import { checkChoice, checkNumber } from "../../rules.ts";
import type { DataSource, StreamedDataset } from "../dataset.ts";
import { type GeneratedOptions, generated, generatedOptions } from "./generated.ts";

export const parityTargets = ["every-step", "last-step"] as const;

export interface ParityOptions extends GeneratedOptions {
  /** T: bits of a sequence (default: 50). */
  readonly length?: number | undefined;
  /** Whether the parity so far is predicted at every step, or that of all bits once (default: every-step). */
  readonly predict?: (typeof parityTargets)[number] | undefined;
}

/**
 * Parity: x [T, 1] are independent bits, each 1 with probability ½; the label is the parity of the bits so far, [T], or of all of them, [].
 * Without memory of all bits nothing is better than a guess.
 */
export const parity: DataSource<ParityOptions, StreamedDataset<"x" | "label">> = {
  name: "parity",
  summary: "tell whether the ones so far are even or odd in number",
  options: ["length", "predict", ...generatedOptions],
  async load({ length = 50, predict = "every-step", ...options }) {
    checkNumber("data: parity: length", length, { whole: true, atLeast: 1 });
    checkChoice("data: parity: predict", predict, parityTargets);
    const all = predict === "every-step";
    return generated(
      {
        name: "parity",
        domain: 0x50415230,
        fields: {
          x: { shape: [length, 1], dtype: "float32" },
          label: { shape: all ? [length] : [], dtype: "int32", classes: ["even", "odd"] },
        },
        write({ x, label }, nextWord) {
          let [odd, bits] = [0, 0];
          for (let step = 0; step < length; step++) {
            if (step % 32 === 0) bits = nextWord();
            x[step] = bits & 1;
            odd ^= bits & 1;
            bits >>>= 1;
            if (all) label[step] = odd;
          }
          if (!all) label[0] = odd;
        },
        baseline: `A guess has a cross-entropy of ln 2 = 0.693${all ? " at each step but the first" : ""}, and half of the labels wrong.`,
        draw: ({ x, label }) => `x     ${digits(x)}\nlabel ${all ? digits(label) : label[0] === 1 ? "odd" : "even"}`,
      },
      options,
    );
  },
};

const digits = (values: Float32Array | Int32Array): string =>
  `${values.slice(0, 80).join("")}${values.length > 80 ? "…" : ""}`;
