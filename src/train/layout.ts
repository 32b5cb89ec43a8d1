import { NdArray, type Shape, type Spec, sameShape } from "../graph/index.ts";
import { turned } from "../layers/turned.ts";
import type { LayerSummary } from "../models/model.ts";

/**
 * How arrays of a training stand in its checkpoint. Some weights are held by unit, [K, 1, in], where the graph of a training shows that this is faster;
 * in a checkpoint they are matrices [in, K] as in any other network, and so is what the optimizer keeps for them.
 */
export interface Layout {
  /** The array as it is stored, from the array that a training holds. */
  stored(path: string, held: NdArray): NdArray;
  /** The array as a training holds it. */
  held(path: string, stored: NdArray): NdArray;
  /** What is stored for an array of this form. */
  specOf(path: string, held: Spec): Spec;
}

export function layoutOf(layers: readonly LayerSummary[]): Layout {
  const byUnit = new Map<string, Shape>(
    layers.flatMap(({ parameters }, row) =>
      parameters.flatMap(({ name, shape, stored }) =>
        stored === "by input" ? [[`${row}.${name}`, shape] as const] : [],
      ),
    ),
  );
  /** Whether an array at a path is such a weight, or is kept for one. */
  const turns = (path: string): Shape | undefined => byUnit.get(path.split(".").slice(-2).join("."));
  const asMatrix = ([units, , input]: Shape): Shape => [input!, units!];
  return {
    stored(path, held) {
      const shape = turns(path);
      if (!shape || !sameShape(shape, held.shape)) return held;
      return new NdArray(turned(held.data, shape[0]!, shape[2]!), asMatrix(shape));
    },
    held(path, stored) {
      const shape = turns(path);
      if (!shape || !sameShape(asMatrix(shape), stored.shape)) return stored;
      return new NdArray(turned(stored.data, shape[2]!, shape[0]!), shape);
    },
    specOf(path, held) {
      const shape = turns(path);
      return shape && sameShape(shape, held.shape) ? { ...held, shape: asMatrix(shape) } : held;
    },
  };
}
