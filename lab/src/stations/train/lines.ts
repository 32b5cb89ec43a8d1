// What the curves of runs are drawn from.
import type { Line } from "../../parts/Chart.svelte";
import type { Point } from "../../parts/reading.ts";
import { lineColour, type Named } from "./named.ts";
import { errorOf } from "./scores.ts";
import type { Ran } from "./training.svelte.ts";

type Epoch = Ran["epochs"][number];

const ofEpochs = (epochs: Ran["epochs"], value: (epoch: Epoch) => number | undefined): Point[] =>
  epochs.flatMap((epoch) => {
    const y = value(epoch);
    return y === undefined ? [] : [[epoch.step, y] as const];
  });

const read = { name: "validation, deterministic", colour: "--c1", points: true };
const sampled = { name: "validation, sampled", colour: "--c2", dash: [7, 3], points: true };

/** The lines of one run: its losses and its errors against steps. Where numbers are predicted, the loss in training is of scaled ones, and no other is. */
export function ofRun({ losses, epochs, begun }: Ran): { losses: Line[]; errors: Line[] } {
  const tested = epochs.some(({ test }) => test);
  const isValues = begun?.judged === "values";
  return {
    losses: [
      {
        ...{ name: "training, sampled", colour: "--c3" },
        at: losses.map(({ step, loss }) => [step, loss] as const),
      },
      ...(isValues
        ? []
        : [
            { ...read, at: ofEpochs(epochs, ({ valid }) => valid.deterministic.nll) },
            { ...sampled, at: ofEpochs(epochs, ({ valid }) => valid.stochastic.nll) },
          ]),
    ],
    errors: [
      { ...read, at: ofEpochs(epochs, ({ valid }) => errorOf(valid.deterministic)) },
      { ...sampled, at: ofEpochs(epochs, ({ valid }) => errorOf(valid.stochastic)) },
      ...(tested
        ? [
            {
              ...{ name: "test, deterministic", colour: "--c4", dash: [2, 3], points: true },
              at: ofEpochs(epochs, ({ test }) => test && errorOf(test.deterministic)),
            },
            {
              ...{ name: "test, sampled", colour: "--c5", dash: [9, 3, 2, 3], points: true },
              at: ofEpochs(epochs, ({ test }) => test && errorOf(test.stochastic)),
            },
          ]
        : []),
    ],
  };
}

/** The shares of open gates of a run, in per cent against steps, and the share that is wanted. */
export function gatesOf({ epochs }: Ran, target: number, steps: number): Line[] {
  const open = (gates: Epoch["train"]["gates"]) => gates && 100 * gates[0]!.open;
  return [
    {
      ...{ name: "training, mean of the epoch", colour: "--c3", points: true },
      at: ofEpochs(epochs, ({ train }) => open(train.gates)),
    },
    { ...read, at: ofEpochs(epochs, ({ valid }) => open(valid.deterministic.gates)) },
    { ...sampled, at: ofEpochs(epochs, ({ valid }) => open(valid.stochastic.gates)) },
    {
      ...{ name: "target", colour: "--soft", dash: [2, 3] },
      at: [
        [0, 100 * target],
        [steps, 100 * target],
      ],
    },
  ];
}

const dashes = [undefined, [7, 3], [2, 3], [9, 3, 2, 3]];

/** The lines of several runs against epochs, one each: an epoch is as long in all of them. */
export function ofRuns(runs: readonly Named[]): { losses: Line[]; errors: Line[] } {
  const line = ({ name }: Named, i: number) => {
    const dash = dashes[i];
    return { name, colour: lineColour(i), ...(dash && { dash }) };
  };
  const inEpochs = (ran: Ran | undefined, at: readonly Point[]): Point[] =>
    at.map(([step, y]) => [step / (ran?.begun?.inEpoch ?? 1), y]);
  return {
    losses: runs.map((run, i) => ({
      ...line(run, i),
      at: inEpochs(
        run.ran,
        (run.ran?.losses ?? []).map(({ step, loss }) => [step, loss] as const),
      ),
    })),
    errors: runs.map((run, i) => ({
      ...{ ...line(run, i), points: true },
      at: inEpochs(
        run.ran,
        ofEpochs(run.ran?.epochs ?? [], ({ valid }) => errorOf(valid.deterministic)),
      ),
    })),
  };
}
