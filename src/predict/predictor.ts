import type { Backend } from "../backends/backend.ts";
import { type BackendName, borrowBackend } from "../backends/select.ts";
import { UserError } from "../errors.ts";
import type { Own } from "../models/from-config.ts";
import { checkObject } from "../rules.ts";
import { compiledRunner } from "./compiled-runner.ts";
import { loadModel } from "./load-model.ts";
import { type Predictor, predictorOn } from "./predict.ts";
import type { ClassPrediction } from "./prediction.ts";
import { specOf } from "./program.ts";
import { readModel, type Source } from "./read-model.ts";

/** Where a predictor runs, and the estimators, stages, cells and heads of your own that the file names. */
export interface PredictorOptions extends Own {
  /** Where it runs: a backend or its name (default: the current one, or the fastest, which is started for it). */
  readonly backend?: Backend | BackendName | undefined;
}

/**
 * A network that predicts, from the bytes of a model file or a checkpoint, from the path of one, or from a run folder. Starts the fastest backend
 * where none runs. Estimators, stages, heads and cells of one's own are passed in.
 *
 *     const predict = await predictor("digits.safetensors");
 *     const { label, probabilities } = predict(pixels);
 *     const { uncertainty } = predict(pixels, { passes: 200 });
 *
 * For a head of numbers, `predictor<ValuePrediction>(…)`. Throws UserError where there is no such file, as `loadModel` does, and as `backend` does.
 */
export async function predictor<P = ClassPrediction>(
  source: Source,
  options: PredictorOptions = {},
): Promise<Predictor<P>> {
  if (typeof options === "object" && options !== null && "wasm" in options)
    throw new UserError(
      'predictor: wasm is an option of the backend, and of heaviside/inference: start it first, await backend("wasm", { wasm })',
    );
  checkObject("predictor", options, ["estimators", "stages", "heads", "cells", "backend"]);
  const { backend, ...own } = options;
  const { bytes, name } = await readModel(source);
  const { model, params, fields } = loadModel(bytes, { ...own, name });
  const borrowed = await borrowBackend(backend);
  try {
    return predictorOn<P>(compiledRunner(model, params, specOf(model, fields), borrowed));
  } catch (error) {
    await borrowed.end();
    throw error;
  }
}
