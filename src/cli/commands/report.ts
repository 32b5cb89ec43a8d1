import { join } from "node:path";
import { startBackend } from "../../backends/select.ts";
import { UserError } from "../../errors.ts";
import { files, readText, refuseLinks } from "../../runs/index.ts";
import type { Trained, TrainResult } from "../../train/index.ts";
import { readConfig } from "../config.ts";
import { writePictures } from "../pictures.ts";
import type { Terminal } from "../terminal.ts";
import { trainedRun } from "../trained.ts";

/** Draws report.html and curves.svg of a run, whoever wrote it. */
export async function reportCommand(folder: string, terminal: Terminal): Promise<number> {
  await refuseLinks(folder, { deep: true });
  const { data, model, snapshot } = await trainedRun("report", folder);
  const result = await resultIn(folder);
  const { best, metrics: history, fields = {}, identity } = snapshot;
  const { params, logDeviation, epoch: selectedEpoch } = best;
  const finished: Trained<string> = {
    ...{ ...result, model, fields, params, logDeviation, selectedEpoch, history, identity },
    toJSON: () => result,
  };
  const on = await startBackend();
  try {
    const job = await readConfig(join(folder, files.config));
    await writePictures(folder, { job, model, data, result: finished, on });
  } finally {
    await on.close();
  }
  terminal.out.write(`report: ${join(folder, "report.html")}\n`);
  return 0;
}

async function resultIn(folder: string): Promise<TrainResult<string>> {
  const text = await readText(join(folder, files.result));
  if (text === undefined)
    throw new UserError(`report: ${folder} has no ${files.result}: its training isn't done, resume it first`);
  const result = parsed(text);
  const scores = [result?.train, result?.valid, result?.test?.deterministic, result?.test?.stochastic];
  const isScore = (score: unknown): boolean =>
    typeof score === "object" && score !== null && Object.values(score).some(Number.isFinite);
  if (!scores.every(isScore))
    throw new UserError(
      `report: ${join(folder, files.result)} isn't what a training writes: resume the run to write it`,
    );
  return result!;
}

function parsed(text: string): TrainResult<string> | undefined {
  try {
    return JSON.parse(text) as TrainResult<string>;
  } catch {
    return undefined;
  }
}
