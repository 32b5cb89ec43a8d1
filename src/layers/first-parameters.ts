import { UserError } from "../errors.ts";
import { NdArray, type Shape, sizeOf } from "../graph/index.ts";
import type { Key } from "../random/index.ts";
import { affineInit } from "./affine.ts";

type Shapes = readonly (readonly [name: string, shape: Shape])[];
type Arrays = { readonly [name: string]: NdArray };

/** Fresh parameters of these shapes: matrices uniform on ±√(6 / (in + out)), everything else 0. */
export const firstParameters = (key: Key, shapes: Shapes): Arrays =>
  Object.fromEntries(
    shapes.map(([name, shape], i) => {
      if (shape.length < 2) return [name, NdArray.zeros(shape)];
      const [inputs, outputs] = [sizeOf(shape.slice(0, -1)), shape.at(-1)!];
      const { weight } = affineInit(key.fold(i + 1), inputs, outputs);
      return [name, new NdArray(weight.data, shape)];
    }),
  );

/** Throws UserError where the first parameters that `init` gives are not those of the shapes, in name and shape. */
export function checkParameters(params: Arrays, shapes: Shapes, subject: string): Arrays {
  for (const [name, shape] of shapes)
    if (String(params[name]?.shape) !== String(shape))
      throw new UserError(
        `${subject}: init must give ${name} [${shape.join(", ")}], received ${params[name] ? `[${params[name].shape.join(", ")}]` : "none"}`,
      );
  const other = Object.keys(params).find((name) => !shapes.some(([known]) => known === name));
  if (other !== undefined) throw new UserError(`${subject}: init gives ${other}, which parameters doesn't name`);
  return params;
}
