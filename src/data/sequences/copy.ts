import { uniformBelow } from "../../random/philox.ts";
import { checkNumber } from "../../rules.ts";
import type { DataSource, StreamedDataset } from "../dataset.ts";
import { type GeneratedOptions, generated, generatedOptions } from "./generated.ts";

export interface CopyOptions extends GeneratedOptions {
  /** T: steps between the symbols and their copy (default: 100). A sequence has T + 20. */
  readonly length?: number | undefined;
}

const SYMBOLS = 10;
const KINDS = 8;
const BLANK = KINDS;
const GO = KINDS + 1;
/** The delimiter is never a label. */
const classes = ["a", "b", "c", "d", "e", "f", "g", "h", "blank"];
const WIDTH = GO + 1;

/**
 * The copying problem: ten symbols of eight kinds, T − 1 blanks, a delimiter, ten blanks; to be predicted are T + 10 blanks and then the
 * ten symbols. x [T + 20, 10] is one-hot, label [T + 20]. Without memory the mean cross-entropy of a step is 10 ln 8 / (T + 20).
 * Hochreiter and Schmidhuber, Neural Computation 9(8), 1997; in this form Arjovsky, Shah and Bengio, ICML 2016.
 */
export const copy: DataSource<CopyOptions, StreamedDataset<"x" | "label">> = {
  name: "copy",
  summary: "repeat ten symbols after a long pause",
  options: ["length", ...generatedOptions],
  async load({ length = 100, ...options }) {
    checkNumber("data: copy: length", length, { whole: true, atLeast: 1 });
    const steps = length + 2 * SYMBOLS;
    const loss = (SYMBOLS * Math.log(KINDS)) / steps;
    return generated(
      {
        name: "copy",
        domain: 0x434f5030,
        fields: {
          x: { shape: [steps, WIDTH], dtype: "float32" },
          label: { shape: [steps], dtype: "int32", classes },
        },
        write({ x, label }, nextWord) {
          const show = (step: number, symbol: number): void => {
            x[step * WIDTH + symbol] = 1;
          };
          for (let step = 0; step < steps; step++) label[step] = BLANK;
          for (let step = SYMBOLS; step < steps; step++) show(step, step === steps - SYMBOLS - 1 ? GO : BLANK);
          for (let at = 0; at < SYMBOLS; at++) {
            const symbol = uniformBelow(nextWord, KINDS);
            show(at, symbol);
            label[steps - SYMBOLS + at] = symbol;
          }
        },
        baseline: `Blanks, and then guesses among the eight symbols, have a mean cross-entropy of 10 ln 8 / ${steps} = ${loss.toPrecision(3)} at a step.`,
        draw({ x, label }) {
          const input = Array.from(label, (_, step) => x.indexOf(1, step * WIDTH) - step * WIDTH);
          return `x     ${letters(input)}\nlabel ${letters([...label])}`;
        },
      },
      options,
    );
  },
};

/** The symbols of a sequence, a dot for a blank; the pause is cut where it is long. */
function letters(symbols: readonly number[]): string {
  const text = symbols.map((symbol) => (symbol === BLANK ? "." : symbol === GO ? "|" : classes[symbol]!)).join("");
  const [start, end] = [text.slice(0, 30), text.slice(-30)];
  return text.length <= 80 ? text : `${start}… ${text.length - 60} more …${end}`;
}
