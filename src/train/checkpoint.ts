import { UserError } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "../formats/safetensors.ts";

/** A checkpoint: a safetensors file whose metadata hold one JSON text. */
export interface Checkpoint {
  /** Anything that JSON can hold. */
  readonly header: unknown;
  readonly arrays: Safetensors["arrays"];
}

export const encodeCheckpoint = ({ header, arrays }: Checkpoint): Uint8Array<ArrayBuffer> =>
  encodeSafetensors({ metadata: { checkpoint: JSON.stringify(header) }, arrays });

/** Reads a checkpoint; `name` stands for the file in errors. Throws UserError for anything but a whole, undamaged one. */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { metadata, arrays } = decodeSafetensors(bytes, "checkpoint", name);
  try {
    return { header: JSON.parse(metadata.checkpoint!), arrays };
  } catch {
    throw new UserError(`checkpoint: ${name} is not a checkpoint: its header doesn't describe its arrays`);
  }
}
