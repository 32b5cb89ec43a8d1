import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { type Dataset, mapFields, rowsOf } from "../../data/dataset.ts";
import { NdArray, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Model, Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";

/** What a network of numbers says of the test examples, for one target. */
export interface Estimates {
  /** The target's name. */
  readonly name: string;
  /** [N] */
  readonly truth: Float32Array;
  /** By the deterministic readout, [N] */
  readonly predicted: Float32Array;
}

const BATCH = 500;
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
  const look = compile(
    (p: Params<Tensor>, x: Tensor, others: { readonly [name: string]: Tensor }) =>
      model.predict(p, x, "deterministic", key(0), others).predicted,
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const all = new Float32Array(test.size * targets);
  for (let from = 0; from < test.size; from += BATCH) {
    const to = Math.min(test.size, from + BATCH);
    const x = new NdArray(rowsOf(test.fields[model.input]!, from, to).data, [to - from, ...model.inputShape]);
    const others = mapFields(stageFields(model, test.fields), (own) => rowsOf(own, from, to));
    all.set((look(onBackend, x, others) as unknown as { readonly value: NdArray }).value.data, from * targets);
  }
  const of = (values: ArrayLike<number>, target: number): Float32Array =>
    Float32Array.from({ length: test.size }, (_, row) => values[row * targets + target]!);
  const { data } = test.fields[field]!;
  return names.slice(0, MOST).map((name, target) => ({ name, truth: of(data, target), predicted: of(all, target) }));
}
