import { alignColumns } from "../describe/table.ts";
import type { TrainResult } from "../train/index.ts";
import { clock, count, nats } from "./format.ts";

/** Results beside each other, NLL of the training examples and errors in per cent. */
export function resultsTable(
  runs: readonly { readonly name: string; readonly result: TrainResult }[],
  bold: (text: string) => string = (text) => text,
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
