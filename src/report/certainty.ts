import { isStreamed, type TrainingData } from "../data/dataset.ts";
import { countsOf } from "../data/split.ts";
import type { Model } from "../models/model.ts";
import { numberText } from "../plots/numbers.ts";
import type { Figure } from "../statistics/figure.ts";
import { rootMeanSquareInterval } from "../statistics/interval-of-deviation.ts";
import { shareInterval } from "../statistics/interval-of-share.ts";
import { mean } from "../statistics/sample.ts";

/** What a test says, of how few examples, and what the simplest prediction scores on them. */
export interface Certainty {
  /** Test examples. */
  readonly examples: number;
  /** The test error in per cent, or the RMSE, with its 95 % interval. */
  readonly error: Figure;
  readonly unit: "%" | "";
  /** The same of the most frequent class of training, or of the mean of training's targets. */
  readonly usual: number;
  /** What that answers, such as "Adelie" or "4.2". */
  readonly answer: string;
}

/** From this number of test examples on, an interval says little more than the error itself. */
const MANY = 1000;

/**
 * What is known of an error from few test examples: for heads of classes, and of one number, with fewer than 1,000 of them. Undefined for others, and where
 * training examples are streamed.
 */
export function certaintyOf(model: Pick<Model, "head">, data: TrainingData, error: number): Certainty | undefined {
  const { size } = data.test;
  const usual = size < MANY ? usualOf(model, data) : undefined;
  return usual && { ...usual, examples: size, error: intervalOf(error, usual.unit, size) };
}

/** An error in per cent, or a root mean square, of n examples, with its 95 % interval. */
export function intervalOf(error: number, unit: "%" | "", examples: number): Figure {
  if (unit === "") return rootMeanSquareInterval(error, examples);
  const { value, low, high } = shareInterval(Math.round((error / 100) * examples), examples);
  return { value: 100 * value, low: 100 * low, high: 100 * high };
}

/**
 * The answer that needs no network, the most frequent class or the mean of the training examples, and its error on those to test: for heads of classes, and
 * of one number. Undefined for others, and where training examples are streamed.
 */
export function usualOf(
  { head }: Pick<Model, "head">,
  { fields, train, test }: TrainingData,
): Pick<Certainty, "unit" | "usual" | "answer"> | undefined {
  if (isStreamed(train) || fields.lengths) return undefined;
  const { label, y } = test.fields;
  if (head.kind === "classes" && label?.shape.length === 1) {
    const names = fields.label!.classes!;
    const counts = countsOf(train.fields.label!.data, names.length);
    const most = counts.indexOf(Math.max(...counts));
    const wrong = Array.from(label.data, Number).filter((of) => of !== most).length;
    return { unit: "%", answer: names[most]!, usual: (100 * wrong) / test.size };
  }
  if (head.kind !== "values" || y?.data.length !== test.size) return undefined;
  const centre = mean(Array.from(train.fields.y!.data, Number));
  const squares = Array.from(y.data, (value: number) => (value - centre) ** 2);
  return { unit: "", answer: numberText(centre, 3), usual: Math.sqrt(mean(squares)) };
}

/** A certainty in a sentence or two. */
export function certaintyText({ examples, error, unit, usual, answer }: Certainty): string {
  const of = (value: number): string => `${numberText(value, 2)}${unit === "" ? "" : ` ${unit}`}`;
  const always = `always answering ${answer}`;
  const interval = `With ${examples === 1 ? "1 test example" : `${examples} test examples`}, the ${unit === "%" ? "error" : "RMSE"} is between ${of(error.low)} and ${of(error.high)} (95 % interval${unit === "" ? " for normal errors" : ""}); ${always} has ${of(usual)}.`;
  return error.high < usual
    ? interval
    : `${interval} These are too few to tell the network from that: a table may be cross-validated, which tests on every row (--folds 5).`;
}
