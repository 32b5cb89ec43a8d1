import { ShapeError } from "../errors.ts";
import { broadcastShapes, commonDtype, forEachRow } from "./broadcast.ts";
import type { Codes, Lowering, Neutral } from "./lowering.ts";
import { adopted, type DType, isFloat, NdArray, showSpec } from "./ndarray.ts";
import { type Applied, apply, type Op, type ZeroRule } from "./op.ts";
import { wrongOperands } from "./operand.ts";
import { constant, scalar } from "./ops/constant.ts";
import { sumTo } from "./ops/sum-to.ts";
import { Tensor, type TensorLike } from "./tensor.ts";

type Rule = (applied: Applied<undefined>, grad: Tensor) => readonly (Tensor | undefined)[];

type Definition = (a: number, b: number) => number;

interface Elementwise {
  /** The definition, one number of each operand at a time; an op of one operand ignores b. */
  readonly f: Definition;
  /** Gradients before they are summed back to each input's own shape. */
  readonly derivative?: Rule;
  /** Whether the op takes integers too; a function is its definition there. */
  readonly integers?: boolean | Definition;
  /** It compares: the result is a mask of floats, so that it can be multiplied with. */
  readonly isMask?: true;
  /** The kernels that run it. Without them only the reference backend does. */
  readonly codes?: Codes;
  readonly neutral?: Neutral;
  readonly zeroWhere?: ZeroRule;
}

/** An op of one or two operands that works on one number of each at a time, with broadcasting. */
export function elementwise(
  name: string,
  { f, derivative, integers = false, codes, neutral, ...known }: Elementwise,
): Op {
  const lowering: Lowering | undefined = codes && { kind: "elementwise", codes, neutral };
  return {
    name,
    ...known,
    spec(inputs) {
      const dtype = commonDtype(name, ...inputs);
      if (!integers && !isFloat(dtype))
        throw new ShapeError(`${name}: needs floating-point operands, received ${inputs.map(showSpec).join(" and ")}`);
      return {
        shape: broadcastShapes(name, ...inputs.map((x) => x.shape)),
        dtype: known.isMask ? maskDtype(dtype) : dtype,
      };
    },
    ...(derivative && {
      derivative: (applied, grad) => derivative(applied, grad).map((g, k) => g && sumTo(g, applied.inputs[k]!.shape)),
    }),
    ...(lowering && { lowering: () => lowering }),
    reference([a, b], _, output) {
      const g = typeof integers === "function" && !isFloat(a!.dtype) ? integers : f;
      const [x, y, out] = [a!.data, b?.data, output.data];
      if (!y) for (let i = 0; i < out.length; i++) out[i] = g(x[i]!, 0);
      else
        forEachRow(output.shape, [a!.shape, b!.shape], (start, length, at, steps) => {
          const [p, q, s, t] = [at[0]!, at[1]!, steps[0]!, steps[1]!];
          for (let j = 0; j < length; j++) out[start + j] = g(x[p + j * s]!, y[q + j * t]!);
        });
    },
  };
}

/**
 * Turns arrays and numbers among the operands into constants, numbers of the others' dtype (float32 when all are numbers). Throws
 * ShapeError, with the user's line, for anything else, and for a number that the dtype doesn't hold.
 */
export function lift(op: string, ...operands: readonly TensorLike[]): Tensor[] {
  const known = operands.map((x) => (x instanceof Tensor ? x : adopted(x)));
  const isTyped = (x: unknown): x is Tensor | NdArray => x instanceof Tensor || x instanceof NdArray;
  const dtype = known.find(isTyped)?.dtype ?? "float32";
  return known.map((x) => {
    if (x instanceof Tensor) return x;
    if (x instanceof NdArray) return constant(x);
    if (typeof x === "number") return scalar(op, x, dtype);
    throw wrongOperands(op, operands, x, ["tensor", "number"]);
  });
}

export const applyElementwise = (op: Op, ...operands: readonly TensorLike[]): Tensor =>
  apply(op, lift(op.name, ...operands), undefined);

const maskDtype = (dtype: DType): DType => (dtype === "float64" ? "float64" : "float32");
