import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { mapFields, rowsOf, type Split } from "../../data/dataset.ts";
import { NdArray, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Model, Params, Readout } from "../../models/model.ts";
import { key } from "../../random/index.ts";

/** How a network is read. */
export interface Reading {
  readonly backend: Backend;
  /** With "stochastic", one draw of the units an example. */
  readonly readout: Readout;
  readonly seed?: number;
}

/** What a network says of some examples. */
export interface Part {
  /** The place of the first of them. */
  readonly from: number;
  readonly size: number;
  /** By the names of what the head predicts, [size, …] each. */
  readonly predicted: { readonly [name: string]: NdArray };
  /** Of each layer of gates, [size, K]. */
  readonly gates: readonly NdArray[];
}

/** Examples in one call. */
const BATCH = 500;

/** Reads a network on all examples, part by part. */
export function* predictionsOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  examples: Pick<Split, "size" | "fields">,
  { backend, readout, seed = 0 }: Reading,
): Generator<Part, void, void> {
  const look = compile(
    (p: Params<Tensor>, x: Tensor, place: Tensor, others: { readonly [name: string]: Tensor }) => {
      const { predicted, observed } = model.predict(p, x, readout, key(seed).fold(place), others);
      return { predicted, gates: observed.filter((_, i) => model.observations[i]!.name === "gates") };
    },
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  for (let from = 0; from < examples.size; from += BATCH) {
    const to = Math.min(examples.size, from + BATCH);
    const x = new NdArray(rowsOf(examples.fields[model.input]!, from, to).data, [to - from, ...model.inputShape]);
    const others = mapFields(stageFields(model, examples.fields), (all) => rowsOf(all, from, to));
    yield { from, size: to - from, ...look(onBackend, x, new NdArray(Int32Array.of(from), []), others) };
  }
}
