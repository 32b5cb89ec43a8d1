import { classesOf, type LabelledDataset } from "../../data/dataset.ts";
import { architecture } from "../../describe/architecture.ts";
import { clock, count, nats, wrap } from "../../describe/format.ts";
import { fitColumns, MORE } from "../../describe/table.ts";
import { type Finished, report, reported } from "../../report/index.ts";
import type { ClassMetric, TrainingConfig, TrainResult } from "../../train/index.ts";
import { picturesText } from "./digits.ts";

/** A method's training that is done. */
export interface FinishedMethod extends Finished<ClassMetric> {
  readonly name: string;
  readonly training: TrainingConfig;
}

export const title = "A first look: eight ways to train a hidden layer on MNIST";
export const question =
  "How well do neurons that fire or stay silent at random learn handwritten digits, beside ordinary neurons that are trained for as long?";

/** What the runs are and are not, for whoever reads the numbers. */
const caveatsOf = (finished: readonly FinishedMethod[]): readonly string[] => [
  "This is a short run to see the methods at work: one seed, few epochs, one hidden layer, no sparsity or gating. It is not the protocol of any paper, and its order of the methods is not a finding.",
  `Test errors less than ${(2 * Math.SQRT2 * standardError(finished)).toFixed(1)} points apart are no difference: the standard error of one is up to ${standardError(finished).toFixed(2)} points, and another seed changes it further.`,
];

/** The largest standard error of a test error, in points: √(p(1 − p)/n) for a share p of n examples. */
const standardError = (finished: readonly FinishedMethod[]): number =>
  Math.max(
    ...finished.map(({ result, data }) => {
      const p = result.test.deterministic.error / 100;
      return 100 * Math.sqrt((p * (1 - p)) / data.test.size);
    }),
  );

/** What the columns of the table are, for a reader who sees them for the first time. */
const legend =
  "NLL: the mean of −log p(right digit) over the training examples; lower is better. Test error: each neuron outputs its probability to fire. Sampling: neurons fire at random, as in training.";

/** A few test images with their digits, for a terminal. */
export function examplesText(data: LabelledDataset, columns: number): string {
  const { x, label } = data.test.fields;
  const [, rows = 1, width = 1] = x.shape;
  const pixels = Array.from({ length: Math.min(SHOWN, data.test.size) }, (_, i) =>
    x.data.subarray(i * rows * width, (i + 1) * rows * width),
  );
  const names = pixels.map((_, i) => classesOf(data)[label.data[i]!]!);
  return `Test images, and their digits:\n${picturesText({ shape: [rows, width], pixels, names }, columns)}`;
}

/** Test images that are shown. */
const SHOWN = 5;

/** Where the table shows that random units learn more slowly, and the experiment that finds out why. */
export function nextStep(finished: readonly FinishedMethod[]): string[] {
  const [smooth, random] = ["sigmoid", "straight-through × σ′"].map((name) =>
    finished.find((method) => method.name === name),
  );
  const nll = ({ name, result }: FinishedMethod): string => `"${name}" has ${nats(result.train.nll)}`;
  return [
    ...(smooth && random
      ? [
          `Compare the training NLL of two rows: ${nll(random)}, ${nll(smooth)}. Both train the same network, but in the first one hidden neurons fire at random.`,
        ]
      : []),
    "The next experiment measures why random neurons learn more slowly (12 minutes; with --quick, 1 minute):",
    "  npx heaviside experiment slowness",
  ];
}

/** The table and the caveats, for a terminal. */
export const firstLookText = (
  finished: readonly FinishedMethod[],
  bold: (text: string) => string,
  columns: number,
): string =>
  `${resultsTable(finished, bold, columns)}\n\n${[legend, ...caveatsOf(finished)].map((text) => wrap(text, columns)).join("\n")}`;

/** Learning curves, weights and firing rates of all methods, as one page. */
export function firstLookPage(
  finished: readonly FinishedMethod[],
  made: readonly (readonly [string, string])[],
): Promise<string> {
  const { data, training, model } = finished[0]!;
  const { epochs, batch, optimizer, schedule, seed } = training;
  const momentum = optimizer.name === "momentum" ? optimizer.momentum : undefined;
  return report({
    ...{ title, question, caveats: caveatsOf(finished), inputShape: model.inputShape, head: model.head },
    runs: finished.map((run) => reported(run.name, run)),
    made: [
      ["network", architecture(model)],
      ["data", `${data.name}: ${data.splitNote}`],
      [
        "training",
        `${epochs} epochs, mini-batches of ${batch}, momentum ${momentum}, rate ${finished.map((run) => `${run.training.optimizer.rate} (${run.name})`).join(", ")}, schedule ${schedule.name}`,
      ],
      ["seed", String(seed)],
      ...made,
    ],
  });
}

/** Results beside each other, NLL of the training examples and errors in per cent. */
function resultsTable(
  runs: readonly { readonly name: string; readonly result: TrainResult }[],
  bold: (text: string) => string,
  columns: number,
): string {
  const error = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–");
  const rows = [
    ["", "training", "validation", "test", "test", "", ""],
    ["method", "NLL", "error %", "error %", "% sampling", "examples/s", "time"],
    ...runs.map(({ name, result: { train, valid, test, examplesPerSecond, seconds } }) => [
      name,
      nats(train.nll),
      error(valid.error),
      error(test.deterministic.error),
      error(test.stochastic.error),
      count(examplesPerSecond),
      clock(seconds),
    ]),
  ];
  const { lines, dropped } = fitColumns(rows, { columns, right: [1, 2, 3, 4, 5, 6], optional: [5, 6] });
  const [head, units, ...rest] = lines;
  return [bold(head!), bold(units!), ...rest, ...(dropped ? [MORE] : [])].join("\n");
}
