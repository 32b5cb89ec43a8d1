import type { Head, Metric } from "../models/head.ts";

/** What a report asks of a head: its metrics, the one that selects, and how units are read. */
export type Scoring<M extends string> = Pick<Head<M>, "metrics" | "select" | "readouts">;

/** The metric that selects the epoch, and the one that is minimised in training, which may be the same. */
export function chief<M extends string>({ metrics, select }: Scoring<M>): { selects: Metric<M>; minimised: Metric<M> } {
  const selects = metrics.find(({ name }) => name === select.metric)!;
  return { selects, minimised: metrics.find(({ isLoss }) => isLoss) ?? selects };
}
