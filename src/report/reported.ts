import { describe, gateLayersOf } from "../describe/index.ts";
import type { Backend, Dataset, Model } from "../index.ts";
import type { Trained } from "../train/index.ts";
import { estimatesOf } from "./gather/estimates.ts";
import { featureMapsOf } from "./gather/feature-maps.ts";
import { filtersOf } from "./gather/filters.ts";
import { gradientNoiseOf } from "./gather/gradient-noise.ts";
import { inspect } from "./gather/inspect.ts";
import { mistakesOf } from "./gather/mistakes.ts";
import { rastersOf } from "./gather/raster.ts";
import { readingsOf } from "./gather/readings.ts";
import { weightTableOf } from "./gather/weight-table.ts";
import { workOf } from "./gather/work.ts";
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
  const { params } = result;
  const { training } = result.identity;
  const read = readingsOf(model, params, data, { backend: on, readout: "deterministic" });
  const drawn = model.stochastic ? readingsOf(model, params, data, { backend: on, readout: "stochastic" }) : undefined;
  return {
    name,
    cards: model.layers.flatMap(({ estimator }) => (estimator ? [estimator.card] : [])),
    config: { ...job, out: undefined },
    result,
    selectedEpoch: result.selectedEpoch,
    history: result.history,
    insides: inspect(model, params, data.valid, { backend: on }),
    mistakes: read && mistakesOf(read, model, data),
    readings: read && { deterministic: read, stochastic: drawn },
    estimates: estimatesOf(model, params, data, { backend: on }),
    rasters: rastersOf(model, params, data, { backend: on }),
    weightTable: weightTableOf(model, params, data),
    gradientNoise: gradientNoiseOf(model, params, data.train, { backend: on, batch: training.batch }),
    work: workOf(model, params, data, { backend: on, training }),
    filters: filtersOf(model, params),
    maps: featureMapsOf(model, params, data.test, { backend: on }),
    layers: rows,
    gates: gateLayersOf(model),
    diagram: svg,
  };
}
