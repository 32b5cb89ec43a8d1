import { show } from "../../rules.ts";
import { dtypeOf, shapeOf } from "../arguments.ts";
import type { Spec } from "../ndarray.ts";
import { isOp, type Op } from "../op.ts";
import { shapeError } from "../site.ts";
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

/** Whether a tensor is a placeholder. */
export const isInput = (x: Tensor): x is Tensor & { readonly attrs: InputAttrs } => isOp(x, inputOp);

/** A placeholder for a value of this shape and dtype; `name` appears in plans and messages. */
export function input(name: string, spec: Spec): Tensor {
  if (typeof name !== "string" || typeof spec !== "object" || spec === null)
    throw shapeError(`input: needs a name and { shape, dtype }, received ${show(name)} and ${show(spec)}`);
  const own = { shape: shapeOf("input", spec.shape), dtype: dtypeOf("input", spec.dtype) };
  return new Tensor(inputOp, [], { name, ...own } satisfies InputAttrs, own);
}
