import { UserError } from "../errors.ts";
import { pathOf, sameShape, showShape } from "../graph/index.ts";
import { modelFrom, type Own } from "../models/from-config.ts";
import type { Model } from "../models/model.ts";
import { updateFor } from "../optimizers/index.ts";
import { cut, LONGEST_REASON } from "../rules.ts";
import { type Checkpoint, decodeCheckpoint } from "./checkpoint.ts";
import { layoutOf } from "./layout.ts";
import { fromCheckpoint, type Identity, type Snapshot } from "./snapshot.ts";
import { incomingOf, initialState } from "./step.ts";
import { storedIn } from "./stored.ts";
import { weightNoiseFor } from "./weight-noise/index.ts";

/**
 * The network in the bytes of a checkpoint, and where its training stands. Throws UserError where the bytes are no checkpoint or are damaged, and
 * where the network has a part that neither the library nor `own` knows.
 * @param name stands for the file in errors
 */
export function networkIn(bytes: Uint8Array, name: string, own: Own = {}): { model: Model; snapshot: Snapshot } {
  const checkpoint = decodeCheckpoint(bytes, name);
  const { training, model: config, data } = storedIn(checkpoint, name);
  const identity: Identity = { training, model: config, data };
  const model = modelIn(checkpoint, config, name, own);
  const layout = layoutOf(model.layers);
  const noise = weightNoiseFor(training, model, data.sizes[0]);
  const initial = initialState(model, updateFor(training, incomingOf(model)), training.seed, {
    weightNoise: noise,
    batch: training.batch,
  });
  return { model, snapshot: fromCheckpoint(checkpoint, identity, initial, { layout, name }) };
}

/** The model that a header describes. Its parameters must be there before anything of their size is allocated. */
function modelIn({ arrays }: Checkpoint, config: unknown, name: string, own: Own): Model {
  let model: Model;
  try {
    model = modelFrom(config, own);
  } catch (error) {
    // A header can hold anything in the places of a config's parts.
    throw new UserError(
      `checkpoint: ${name}: its model can't be made: ${cut((error as Error).message, LONGEST_REASON)}`,
    );
  }
  const layout = layoutOf(model.layers);
  for (const [row, layer] of model.layers.entries())
    for (const parameter of layer.parameters) {
      const path = pathOf("state", "params", row, parameter.name);
      const found = arrays.get(path);
      const { shape } = layout.specOf(path, { shape: parameter.shape, dtype: "float32" });
      if (!found || !sameShape(found.shape, shape))
        throw new UserError(
          `checkpoint: ${name}: ${path} must be ${showShape(shape)}, as its model says, it is ${found ? showShape(found.shape) : "missing"}`,
        );
    }
  return model;
}
