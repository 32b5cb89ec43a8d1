import { kindOf, show } from "../rules.ts";
import { shapeError } from "./site.ts";
import { Tensor } from "./tensor.ts";

/** What can be done about a value that is no tensor. */
function advice(value: unknown): string {
  if (value === undefined) return ": an argument or a key is missing";
  if (Array.isArray(value))
    return value.length > 0 && value.every((x) => x instanceof Tensor)
      ? ": stack or concat makes one tensor of several"
      : ": constant(array(...)) makes a tensor of numbers";
  switch (kindOf(value)) {
    case "tensor":
      return ": it comes from another copy of heaviside, and a program needs one copy";
    case "array":
      return ": constant(...) makes it a tensor";
    case "resident":
      return ": pass it to the compiled function as an argument";
  }
  return Object.prototype.toString.call(value) === "[object Promise]" ? ": await it first" : "";
}

const shown = (x: unknown): string => (x instanceof Tensor ? show(x).replace("a tensor ", "") : show(x));

/** The error, with the user's line, of an op that takes tensors (or `what`) and received something else. */
export function wrongOperands(
  op: string,
  operands: readonly unknown[],
  wrong: unknown,
  what: readonly string[],
): Error {
  const needs =
    operands.length === 1 ? `the operand must be a ${what.join(" or ")}` : `operands must be ${what.join("s or ")}s`;
  return shapeError(`${op}: ${needs}, received ${operands.map(shown).join(" and ")}${advice(wrong)}`);
}

/** The first of a list of tensors. Throws ShapeError, with the user's line, where the list has none, or something else. */
export function firstOf(op: string, tensors: unknown): Tensor {
  if (!Array.isArray(tensors))
    throw shapeError(`${op}: needs an array of tensors, received ${shown(tensors)}${advice(tensors)}`);
  if (tensors.length === 0) throw shapeError(`${op}: needs at least one tensor, received none`);
  checkTensors(op, tensors);
  return tensors[0]!;
}

/** Throws ShapeError, with the user's line, unless all operands of an op are tensors. */
export function checkTensors(op: string, operands: readonly unknown[]): asserts operands is readonly Tensor[] {
  // By index, so that the holes of a sparse array are seen.
  for (let i = 0; i < operands.length; i++)
    if (!(operands[i] instanceof Tensor)) throw wrongOperands(op, Array.from(operands), operands[i], ["tensor"]);
}
