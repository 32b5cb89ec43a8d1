import type { Backend } from "../../backends/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { NdArray } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import { predictionsOf } from "./predictions.ts";

/** What a network of numbers says of the test examples, for one target. */
export interface Estimates {
  /** The target's name. */
  readonly name: string;
  /** [N] */
  readonly truth: Float32Array;
  /** By the deterministic readout, [N] */
  readonly predicted: Float32Array;
}

/** Targets of one network that are looked at. */
const MOST = 4;

/**
 * Reads a network of numbers on the whole test set, for each of its first targets. Undefined for a network whose head predicts something else, and for
 * sequences.
 */
export function estimatesOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  { test, fields }: Pick<Dataset, "test" | "fields">,
  { backend }: { readonly backend: Backend },
): readonly Estimates[] | undefined {
  const { head } = model;
  const { kind, input = [] } = head;
  const [targets] = input;
  if (kind !== "values" || targets === undefined || input.length > 1 || test.size === 0) return undefined;
  const [field] = Object.keys(head.fields) as [string];
  const names = fields[field]?.columns ?? Array.from({ length: targets }, (_, i) => (targets === 1 ? field : `${field}[${i}]`)); // biome-ignore format: one line
  const all = new Float32Array(test.size * targets);
  for (const { from, predicted } of predictionsOf(model, params, test, { backend, readout: "deterministic" }))
    all.set(predicted.value!.data, from * targets);
  const of = (values: ArrayLike<number>, target: number): Float32Array =>
    Float32Array.from({ length: test.size }, (_, row) => values[row * targets + target]!);
  const { data } = test.fields[field]!;
  return names.slice(0, MOST).map((name, target) => ({ name, truth: of(data, target), predicted: of(all, target) }));
}
