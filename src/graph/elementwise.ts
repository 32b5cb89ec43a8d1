import { ShapeError } from "../errors.ts";
import { broadcastShapes, commonDtype, forEachBroadcast } from "./broadcast.ts";
import { type DType, isFloat, showSpec } from "./ndarray.ts";
import { type Applied, apply, type Op } from "./op.ts";
import { constant } from "./ops/constant.ts";
import { sumTo } from "./ops/sum-to.ts";
import { Tensor, type TensorLike } from "./tensor.ts";

type Rule = (applied: Applied<undefined>, grad: Tensor) => readonly (Tensor | undefined)[];

interface Elementwise {
  /** The definition, one number at a time. */
  readonly f: (...x: number[]) => number;
  /** Gradients before they are summed back to each input's own shape. */
  readonly derivative?: Rule;
  /** Whether the op takes integers too; a function is its definition there. */
  readonly integers?: boolean | ((...x: number[]) => number);
  /** The dtype of the result where it is not the operands'. */
  readonly result?: (dtype: DType) => DType;
}

/** An op that works on one number of each operand at a time, with broadcasting. */
export function elementwise(name: string, { f, derivative, integers = false, result = (d) => d }: Elementwise): Op {
  return {
    name,
    spec(inputs) {
      const dtype = commonDtype(name, ...inputs);
      if (!integers && !isFloat(dtype))
        throw new ShapeError(`${name}: needs floating-point operands, received ${inputs.map(showSpec).join(" and ")}`);
      return { shape: broadcastShapes(name, ...inputs.map((x) => x.shape)), dtype: result(dtype) };
    },
    ...(derivative && {
      derivative: (applied, grad) => derivative(applied, grad).map((g, k) => g && sumTo(g, applied.inputs[k]!.shape)),
    }),
    reference(inputs, _, output) {
      const g = typeof integers === "function" && !isFloat(inputs[0]!.dtype) ? integers : f;
      const shapes = inputs.map((x) => x.shape);
      if (inputs.length === 1) {
        const [x] = inputs;
        for (let i = 0; i < output.data.length; i++) output.data[i] = g(x!.data[i]!);
      } else {
        forEachBroadcast(output.shape, shapes, (i, at) => {
          output.data[i] = g(...inputs.map((x, k) => x.data[at[k]!]!));
        });
      }
    },
  };
}

/** Turns numbers among the operands into constants of the tensors' dtype (float32 when all are numbers). */
export function lift(...operands: readonly TensorLike[]): Tensor[] {
  const dtype = operands.find((x) => x instanceof Tensor)?.dtype ?? "float32";
  return operands.map((x) => (x instanceof Tensor ? x : constant(x, dtype)));
}

export const applyElementwise = (op: Op, ...operands: readonly TensorLike[]): Tensor =>
  apply(op, lift(...operands), undefined);

/** The dtype of a mask made by comparing: 1 or 0, float so that it can be multiplied with. */
export const maskDtype = (dtype: DType): DType => (dtype === "float64" ? "float64" : "float32");
