import { UserError } from "../errors.ts";
import { beginsAsSafetensors, decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import type { NdArray } from "../graph/ndarray.ts";
import { checkNumber, cut, show } from "../rules.ts";

/** The version of a model file's metadata. */
export const VERSION = 1;

/** A saved model: what describes it as JSON, and its arrays. docs/reference/model-files.md says what each is. */
export interface ModelFile {
  /** The network's config. */
  readonly network: unknown;
  /** What it remembers of the data. */
  readonly fields: unknown;
  /** Which training it comes from: the epoch and its scores on the validation set, where there was one. */
  readonly training: unknown;
  /** Programs for heaviside/inference: how to predict, and what each was planned for. */
  readonly programs: unknown;
  readonly arrays: ReadonlyMap<string, NdArray>;
}

const parts = ["network", "fields", "training", "programs"] as const;

export function encodeModelFile({ arrays, ...file }: ModelFile): Uint8Array<ArrayBuffer> {
  const texts = parts.map((part) => [part, JSON.stringify(file[part] ?? null)] as const);
  return encodeSafetensors({
    metadata: { format: "heaviside model", version: `${VERSION}`, ...Object.fromEntries(texts) },
    arrays,
  });
}

/** Whether bytes begin as a model file: cheap, and says nothing of the rest. */
export const isModelFile = (bytes: Uint8Array): boolean =>
  new TextDecoder().decode(bytes.subarray(8, 100)).includes('"format":"heaviside model"');

/** What a file says of the training that a network comes from; null where there was none. */
export type TrainingNote = { readonly epoch: number; readonly valid?: Readonly<Record<string, unknown>> } | null;

/** The same, checked. Throws UserError, naming `at`, for an epoch that isn't a whole number, and for scores that aren't an object of JSON. */
export function trainingIn(value: unknown, at: string): TrainingNote {
  if (value === null) return null;
  const { epoch, valid } = (value ?? {}) as { epoch?: unknown; valid?: unknown };
  checkNumber(`${at}: epoch`, epoch, { whole: true, atLeast: 1 });
  if (valid === undefined) return { epoch: epoch as number };
  const isScores = typeof valid === "object" && valid !== null && !Array.isArray(valid);
  const numbers = isScores ? Object.values(valid).filter((score) => typeof score !== "object") : [];
  if (!isScores || !numbers.every(Number.isFinite))
    throw new UserError(`${at}: valid must be scores by metric, received ${show(valid)}`);
  return { epoch: epoch as number, valid: valid as Readonly<Record<string, unknown>> };
}

/** Throws UserError for nothing at all and for another kind of file, such as a CSV. */
export function checkBeginning(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0) throw new UserError(`model file: ${name} is not a saved model: it is empty`);
  if (!beginsAsSafetensors(bytes))
    throw new UserError(`model file: ${name} is not a saved model: it doesn't begin as one`);
}

/**
 * Reads what `encodeModelFile` wrote. Throws UserError for anything but a whole, undamaged model file of this version.
 * @param name stands for the file in errors
 */
export function decodeModelFile(bytes: Uint8Array, name: string): ModelFile {
  checkBeginning(bytes, name);
  const { metadata, arrays } = decodeSafetensors(bytes, "model file", name);
  const { format, version } = metadata;
  if (format !== "heaviside model")
    throw new UserError(
      metadata.checkpoint === undefined
        ? `model file: ${name} is not a saved model, its format is ${show(format)}`
        : `model file: ${name} is a checkpoint of a training: npx heaviside save RUN FILE, or save(loadModel(bytes)), writes a model of it`,
    );
  if (version !== `${VERSION}`)
    throw new UserError(`model file: ${name} has version ${show(version)}, this library reads version ${VERSION}`);
  const read = (part: (typeof parts)[number]): unknown => {
    try {
      return JSON.parse(metadata[part]!);
    } catch {
      throw new UserError(`model file: ${name}: ${part} must be JSON, received ${show(metadata[part])}`);
    }
  };
  for (const [array, { data }] of arrays)
    if (!array.startsWith("programs.") && !data.every(Number.isFinite))
      throw new UserError(`model file: ${name}: ${cut(array)} must be finite numbers: this network has diverged`);
  return {
    network: read("network"),
    fields: read("fields"),
    training: read("training"),
    programs: read("programs"),
    arrays,
  };
}
