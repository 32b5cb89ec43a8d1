import type { RunConfig } from "../config/index.ts";
import type { EstimatorConfig } from "../estimators/index.ts";

/** One of the things that an experiment compares: what it changes in the base, and why so. */
export interface Method {
  /** Unique within the experiment; the name of its run's folder. */
  readonly name: string;
  readonly estimator: EstimatorConfig;
  /** Learning rate. */
  readonly rate: number;
}

/** A comparison, as data: what is asked, what all runs share, and in what they differ. */
export interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** What the runs are and are not, for whoever reads the numbers. */
  readonly caveats: readonly string[];
  readonly base: Pick<RunConfig, "data" | "training" | "machine">;
  readonly units: number;
  /** All methods train with momentum; the rate is their own. */
  readonly momentum: number;
  readonly methods: readonly Method[];
  /** About how long all of it takes on two cores. */
  readonly seconds: number;
}

/** The config of one method's run. */
export const configOf = ({ base, units, momentum }: Experiment, { estimator, rate }: Method): RunConfig => ({
  data: base.data,
  model: { name: "mlp", hidden: [{ units, estimator }] },
  training: { ...base.training, optimizer: { name: "momentum", rate, momentum } },
  machine: base.machine,
});
