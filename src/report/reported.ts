import { describe, gateLayersOf } from "../describe/index.ts";
import type { Backend, Dataset, Model } from "../index.ts";
import type { Trained } from "../train/index.ts";
import { featureMapsOf } from "./feature-maps.ts";
import { filtersOf } from "./filters.ts";
import { inspect } from "./inspect.ts";
import { mistakesOf } from "./mistakes.ts";
import type { ReportedRun } from "./report.ts";

/** A training that is done, with all that a report looks at. */
export interface Finished<M extends string = string> {
  /** The config, as the report shows it. */
  readonly job: object;
  /** The network. */
  readonly model: Model<M>;
  /** The data that it was trained on. */
  readonly data: Dataset;
  /** What `train` gave. */
  readonly result: Trained<M>;
  /** The backend that computes what the report shows. */
  readonly on: Backend;
}

/** A finished training as a report shows it. */
export function reported<M extends string>(
  name: string,
  { job, model, data, result, on }: Finished<M>,
): ReportedRun<M> {
  const { rows, svg } = describe(model);
  return {
    name,
    cards: model.layers.flatMap(({ estimator }) => (estimator ? [estimator.card] : [])),
    config: { ...job, out: undefined },
    result,
    selectedEpoch: result.selectedEpoch,
    history: result.history,
    insides: inspect(model, result.params, data.valid, { backend: on }),
    mistakes: mistakesOf(model, result.params, data, { backend: on }),
    filters: filtersOf(model, result.params),
    maps: featureMapsOf(model, result.params, data.test, { backend: on }),
    layers: rows,
    gates: gateLayersOf(model),
    diagram: svg,
  };
}
