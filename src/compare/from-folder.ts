import { datasetFamily } from "../data/options.ts";
import { UserError } from "../errors.ts";
import { parseJson } from "../formats/json.ts";
import { optionsOf } from "../options/index.ts";
import { files, lastCheckpoint } from "../runs/folder.ts";
import { runFoldersIn } from "../runs/run-folders.ts";
import { readText } from "../runs/text.ts";
import { decodeCheckpoint } from "../train/checkpoint.ts";
import { storedIn } from "../train/stored.ts";
import type { Figures, RunRecord } from "./record.ts";

/**
 * The records of the runs that a path stands for: a run folder, or a folder that holds some. Throws UserError where there is none, and for
 * a run whose checkpoint is damaged or contains no completed epoch.
 */
export async function recordsIn(path: string): Promise<RunRecord[]> {
  if (typeof process === "undefined")
    throw new UserError(`compare: a run folder needs a file system, which browsers lack; received ${path}`);
  const records: RunRecord[] = [];
  for (const folder of await runFoldersIn("compare", path)) records.push(await recordIn(folder));
  return records;
}

async function recordIn(folder: string): Promise<RunRecord> {
  const bytes = await lastCheckpoint(folder);
  const name = `${folder}/${files.checkpoint}`;
  const stored = bytes && storedIn(decodeCheckpoint(bytes, name), name);
  if (!stored?.best)
    throw new UserError(
      `compare: ${folder} contains no completed epoch: npx heaviside train --resume ${folder} trains it further`,
    );
  const { training, model, data, metrics, best, position } = stored;
  const { epoch, step, valid } = best;
  const text = await readText(`${folder}/${files.result}`);
  const inEpoch = metrics.find((row) => row.step === step)?.test;
  return {
    ...{ name: folder, seed: training.seed, identity: { training, model, data } },
    data: await dataOptionsIn(folder, data.name),
    ...{ epochs: position.epoch - 1, epoch, valid: valid as Figures, history: metrics },
    test: inEpoch ?? (text === undefined ? undefined : testIn(text, `${folder}/${files.result}`, valid)),
  };
}

/** The options of the data that a run's config.json names; undefined where it has none, as of arrays in a program. */
async function dataOptionsIn(folder: string, dataset: string): Promise<RunRecord["data"]> {
  const name = `${folder}/${files.config}`;
  const text = await readText(name);
  const config = text === undefined ? null : (parseJson(text, name) as { readonly data?: unknown } | null);
  const known = Object.keys(optionsOf(datasetFamily, dataset) ?? {});
  const data = typeof config?.data === "object" ? config.data : null;
  return data ? Object.fromEntries(Object.entries(data).filter(([key]) => known.includes(key))) : undefined;
}

/** The test scores of result.json; undefined where it is of another epoch than the checkpoint's: a training went on after it. */
function testIn(text: string, name: string, valid: object): RunRecord["test"] {
  const result = parseJson(text, name) as Partial<Pick<RunRecord, "valid" | "test">> | null;
  const { stochastic, deterministic } = result?.test ?? {};
  if (!stochastic || !deterministic || typeof result?.valid !== "object")
    throw new UserError(`compare: ${name} must hold the scores of a training: train the run again`);
  return JSON.stringify(result.valid) === JSON.stringify(valid) ? { stochastic, deterministic } : undefined;
}
