// What a network is judged by: a classifier by its error and the likelihood of the classes, one that predicts numbers by how far they are off.
import { fixed } from "../../parts/text.ts";
import type { Judged, Metric } from "../../worker/train-messages.ts";

type Score = Partial<Readonly<Record<Metric, number>>>;

/** What chooses the epoch: the error in per cent, or the RMSE. */
export const errorOf = ({ error, rmse }: Score): number => error ?? rmse ?? Number.NaN;
/** The negative log-likelihood, or the mean squared error. */
export const lossOf = ({ nll, mse }: Score): number => nll ?? mse ?? Number.NaN;

/** An error as a table has it. */
export const errorText = (score: Score | undefined): string =>
  score?.rmse === undefined ? fixed(score?.error ?? Number.NaN, 2) : amount(score.rmse);
/** A loss as a table has it. */
export const lossText = (score: Score | undefined): string =>
  score?.mse === undefined ? fixed(score?.nll ?? Number.NaN, 4) : amount(score.mse);

/** A number of any size: RMSE has the unit of what is predicted. */
export const amount = (x: number): string =>
  Number.isFinite(x) ? Number(x.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 }) : "–";

/** What these are called. */
export const names: {
  readonly [J in Judged]: {
    readonly error: string;
    readonly loss: string;
    readonly trained: string;
    readonly unit: string;
  };
} = {
  classes: { error: "error, %", loss: "NLL, nats", trained: "negative log-likelihood, nats", unit: "percent" },
  values: { error: "RMSE", loss: "MSE", trained: "squared error ÷ variance", unit: "" },
};
