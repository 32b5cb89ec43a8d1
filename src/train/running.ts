import { metricOf } from "../models/head.ts";
import type { Model } from "../models/model.ts";
import { scoreOf } from "./evaluate.ts";
import type { Score } from "./events.ts";
import type { Position } from "./snapshot.ts";
import { STEPS } from "./step.ts";

/** The score of the steps since the last validation, as they went. */
export function runningScore<M extends string>(
  { head, observations }: Model<M>,
  { loss, sums, observed, examples }: Position,
): Score<M> {
  return scoreOf<M>(
    head.metrics.map((metric) => {
      const sum = metric.isLoss ? loss : sums[metric.name]!;
      return [metric.name, metricOf(metric, sum, metric.per === "step" ? sums[STEPS]! : examples)];
    }),
    observed.map((totals, i) => [
      observations[i]!.name,
      Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, total / examples])),
    ]),
  );
}
