import type { Spec } from "../ndarray.ts";
import type { Op } from "../op.ts";
import { Tensor } from "../tensor.ts";

export interface InputAttrs extends Spec {
  readonly name: string;
}

/** A value that is given when the graph runs. */
export const inputOp: Op<InputAttrs> = {
  name: "input",
  spec: (_, { shape, dtype }) => ({ shape, dtype }),
  reference() {
    throw new Error("an input has no definition: its value is given when the graph runs");
  },
};

/** A placeholder for a value of this shape and dtype; `name` appears in plans and messages. */
export const input = (name: string, { shape, dtype }: Spec): Tensor =>
  new Tensor(inputOp as Op<unknown>, [], { name, shape, dtype } satisfies InputAttrs, { shape, dtype });
