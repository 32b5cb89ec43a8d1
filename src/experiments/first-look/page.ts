import { architecture } from "../../describe/architecture.ts";
import { clock, count, nats, wrap } from "../../describe/format.ts";
import { alignColumns } from "../../describe/table.ts";
import { type Finished, report, reported } from "../../report/index.ts";
import type { ClassMetric, TrainingConfig, TrainResult } from "../../train/index.ts";

/** A method's training that is done. */
export interface FinishedMethod extends Finished<ClassMetric> {
  readonly name: string;
  readonly training: TrainingConfig;
}

export const title = "A first look: eight ways to train a hidden layer on MNIST";
export const question =
  "How far do networks of binary or noisy neurons get on real handwritten digits, when their gradients have to be estimated, beside deterministic ones with the same budget?";

/** What the runs are and are not, for whoever reads the numbers. */
const caveats: readonly string[] = [
  "This is a short run to see the methods at work: one seed, few epochs, one network of one hidden layer, and no sparsity or gating. It is not the protocol of any paper, and its order of the methods is not a finding.",
  "With one seed, two test errors that are less than about 0.4 points apart tell nothing: the binomial standard error of one is about 0.15, and another seed moves it too.",
];

/** The table and the caveats, for a terminal. */
export const firstLookText = (
  finished: readonly FinishedMethod[],
  bold: (text: string) => string,
  columns: number,
): string => `${resultsTable(finished, bold)}\n\n${caveats.map((text) => wrap(text, columns)).join("\n")}`;

/** Learning curves, weights and firing rates of all methods, as one page. */
export function firstLookPage(
  finished: readonly FinishedMethod[],
  made: readonly (readonly [string, string])[],
): Promise<string> {
  const { data, training, model } = finished[0]!;
  const { epochs, batch, optimizer, schedule, seed } = training;
  const momentum = optimizer.name === "momentum" ? optimizer.momentum : undefined;
  return report({
    ...{ title, question, caveats, inputShape: model.inputShape, head: model.head },
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
): string {
  const error = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–");
  const [head, units, ...rows] = alignColumns(
    [
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
    ],
    [1, 2, 3, 4, 5, 6],
  );
  return [bold(head!), bold(units!), ...rows].join("\n");
}
