import { type Spec, sizeOf } from "../graph/ndarray.ts";
import type { Program, ProgramBytes } from "./backend.ts";

/** Bytes of an array. */
export const bytesOf = ({ shape, dtype }: Spec): number => (dtype === "float64" ? 8 : 4) * sizeOf(shape);

/** Bytes of what a program is run with; an array at two places counts once. */
export function bytesOfInputs({ inputs }: Program): Pick<ProgramBytes, "resident" | "handed"> {
  const bytes = { resident: 0, handed: 0 };
  for (const { tensor, resident, sameAs } of inputs)
    if (sameAs === undefined) bytes[resident ? "resident" : "handed"] += bytesOf(tensor);
  return bytes;
}
