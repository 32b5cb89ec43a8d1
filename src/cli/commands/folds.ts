import { join } from "node:path";
import { layerNames, type RunConfig } from "../../config/index.ts";
import { UserError } from "../../errors.ts";
import { foldsExperiment } from "../../experiments/folds/index.ts";
import { type ConfigFlags, commandText } from "../flags.ts";
import type { Terminal } from "../terminal.ts";
import { experimentCommand } from "./experiment.ts";

/** How many folds a config asks to cross-validate over; undefined where it asks for one training. */
export function foldsOf({ data }: Pick<RunConfig, "data">): number | undefined {
  const { folds, fold } = data as { readonly folds?: number; readonly fold?: number };
  return fold === undefined ? folds : undefined;
}

/** Trains on all folds but one, for each. Throws UserError for what folds can't be trained with. */
export function foldsCommand(
  job: RunConfig,
  flags: ConfigFlags & { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { out, tensorboard, debugNan, precision, backend, threads } = job.machine;
  const refused = [
    ...(out === null ? ["--no-out"] : []),
    ...(tensorboard ? ["--tensorboard"] : []),
    ...(debugNan ? ["--debug-nan"] : []),
    ...(precision !== undefined && precision !== "float32" ? ["--precision"] : []),
  ];
  if (refused.length > 0)
    throw new UserError(`train: --folds makes a run folder for each fold and takes no ${refused.join(", ")}`);
  const folds = foldsOf(job)!;
  const name = [job.data.name, ...layerNames(job.model), `${folds}-folds`].join("-");
  const experiment = foldsExperiment({
    ...{ config: job, folds, name, folders: out === undefined ? "numbered" : "one" },
    command: commandText("train", flags),
  });
  const machine = { backend, ...(threads !== undefined && { threads: String(threads) }) };
  return experimentCommand(experiment, { ...machine, out: out ?? join("runs", name), json: flags.json }, terminal);
}
