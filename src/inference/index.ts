// heaviside/inference: predictions of a saved model, without what plans and trains.
import { UserError } from "../errors.ts";
import { decodeModelFile } from "../predict/model-file.ts";
import { type Predictor, predictorOn } from "../predict/predict.ts";
import type { ClassPrediction } from "../predict/prediction.ts";
import { type Address, readModel, type Source } from "../predict/read-model.ts";
import { checkObject } from "../rules.ts";
import { kernels } from "./kernels.ts";
import { programsIn } from "./programs-in.ts";
import { storedRunner } from "./runner.ts";

/** Where the WebAssembly kernels are. */
export interface InferenceOptions {
  /**
   * The WebAssembly kernels (default: the file beside this one): the URL of relaxed-single.wasm or simd-single.wasm, or of a folder with both,
   * which ends in "/"; or the bytes of one, or a WebAssembly.Module, which programs without the browser's types know as an object.
   */
  readonly wasm?: string | Address | Uint8Array | ArrayBuffer | object | undefined;
}

/**
 * A network that predicts, from the bytes, the path or the address of a file that `save` wrote. It runs the programs that the file holds, in
 * WebAssembly on one thread, to the same bits as heaviside's `predictor` does there. Estimators and stages of one's own are in the programs.
 *
 *     const predict = await predictor(new URL("digits.safetensors", import.meta.url));
 *     const { label, probabilities } = predict(pixels);
 *
 * Throws UserError where there is no such file, where it is damaged or another kind of file, and where its programs are for another version.
 */
export async function predictor<P = ClassPrediction>(
  source: Source,
  options: InferenceOptions = {},
): Promise<Predictor<P>> {
  checkObject("predictor", options, ["wasm"]);
  const { bytes, name } = await readModel(source);
  const { programs, arrays } = decodeModelFile(bytes, name);
  const stored = programsIn(programs, arrays, name);
  const module = await kernels(options.wasm);
  try {
    const runner = storedRunner(stored, arrays, module);
    const run: typeof runner.run = (...given) => {
      try {
        return runner.run(...given);
      } catch (error) {
        throw error instanceof UserError ? error : damaged(name, error);
      }
    };
    return predictorOn<P>({ ...runner, run });
  } catch (error) {
    throw error instanceof UserError ? error : damaged(name, error);
  }
}

/** A file can hold anything in the places of its programs' parts. */
const damaged = (name: string, error: unknown): UserError =>
  new UserError(`model file: ${name}: its programs can't be run here: ${(error as Error).message}`, { cause: error });

export type { NamedCells, NamedNumbers } from "../predict/by-column.ts";
export type { Examples, FlatNumbers, Numbers, ShapedNumbers } from "../predict/input.ts";
export type { PredictOptions, Predictor } from "../predict/predict.ts";
export type {
  ClassPrediction,
  ClassUncertainty,
  OpenGates,
  Prediction,
  Uncertainty,
  ValuePrediction,
} from "../predict/prediction.ts";
export type { PredictionSpec } from "../predict/spec.ts";
export { UserError };
