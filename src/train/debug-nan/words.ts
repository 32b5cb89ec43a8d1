import { isFloat, sameShape, showShape, type Tensor } from "../../graph/index.ts";
import { stridesOf } from "../../graph/ndarray.ts";
import { loweringOf, workOf } from "../../graph/op.ts";
import { isInput } from "../../graph/ops/input.ts";
import type { Parts } from "../../graph/part.ts";
import type { Model } from "../../models/model.ts";
import type { FirstBroken } from "../events.ts";
import { nameOf } from "../finite.ts";
import type { ExampleAxes } from "./examples.ts";
import type { Largest, Origin, Value } from "./replay.ts";

/** What is known of a step's program. */
export interface Known {
  readonly model: Model;
  readonly parts: Parts;
  /** The path of each input: "params.0.weight", "batch.x". */
  readonly names: ReadonlyMap<Tensor, string>;
  readonly axes: ExampleAxes;
  /** The row of each example of the batch among the training examples. */
  readonly places: Int32Array;
}

const LARGEST_SINGLE = 3.4028234663852886e38;
const signs: Readonly<Record<string, string>> = { add: "+", sub: "−", mul: "·", div: "/" };
function short(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) < 1e6 ? String(rounded) : rounded.toExponential();
}

/** In words what the first number was that isn't finite. `path` is that of an array of the state that it reached. */
export function firstBroken(origin: Origin, known: Known, path: string | undefined): FirstBroken {
  const { node, element, output, step } = origin;
  const example = exampleOf(node, element, known);
  const rows = example === undefined ? undefined : known.places[example];
  const own = isInput(node);
  const part = known.parts.get(node);
  const where = own ? "" : placeOf(part, path, known);
  const of = step === undefined ? "" : `, at step ${step} of the sequence`;
  const which =
    example === undefined ? "" : `, of example ${example} of the batch (row ${rows} of the training examples)`;
  const found = output.single.data[element]!;
  const what = own ? inputName(node, known) : callOf(origin, known);
  const counted = example !== undefined || step !== undefined ? ", counted from 0" : "";
  return {
    text: `${what} is ${found}${where}${of}${which}${counted}${own ? "" : verdict(origin)}`,
    op: own ? undefined : node.op.name,
    ...(part?.name !== undefined && { part: part.name }),
    ...(part?.derivativeOf && { derivativeOf: part.derivativeOf.op.name }),
    ...(example !== undefined && { example, row: rows! }),
    float64: output.double.data[element]!,
  };
}

/** What is said where the same step stays finite on the reference backend. */
export function staysFinite({ value, node }: Largest, known: Known & { readonly backend: string }): FirstBroken {
  const place = node ? ` (${node.op.name}${placeOf(known.parts.get(node), undefined, known)})` : "";
  return {
    text: `the step stays finite on the reference backend, where its largest number is ${short(value)}${place}: look at what ${known.backend} rounds in another way, and at what changes weights between steps, such as max-norm`,
    op: undefined,
  };
}

/** " in hidden1", " in the derivative of sqrt in hidden1", " in the update of the weight of hidden1". */
function placeOf(part: ReturnType<Parts["get"]>, path: string | undefined, { model }: Known): string {
  const name = part?.name === "the update" && path !== undefined ? `the update of ${nameOf(path, model)}` : part?.name;
  const derivative = part?.derivativeOf ? ` in the derivative of ${part.derivativeOf.op.name}` : "";
  return `${derivative}${name === undefined ? "" : ` in ${name}`}`;
}

/** The number of the example that an element belongs to, where it belongs to one. */
function exampleOf(node: Tensor, element: number, { axes }: Known): number | undefined {
  const axis = axes.get(node);
  const { shape } = node;
  return axis === undefined ? undefined : Math.floor(element / stridesOf(shape)[axis]!) % shape[axis]!;
}

const inputName = (node: Tensor, { names, model }: Known): string => {
  const path = names.get(node) ?? "an input";
  return path.startsWith("batch.") ? `the field ${path.slice("batch.".length)}` : nameOf(path, model);
};

/** What a tensor is, through all that changes none of its numbers: an input by its name, a gradient that `reader` meets forward, or the part that it was made in. */
function sourceOf(
  x: Tensor,
  reader: Tensor,
  known: Known,
): { readonly name?: string; readonly gradient?: true; readonly part?: string } {
  let at = x;
  while (at.op.isAlias || views.includes(loweringOf(at)?.kind ?? "")) at = at.inputs[0]!;
  if (known.names.has(at)) return { name: inputName(at, known) };
  const { name: part, derivativeOf } = known.parts.get(at) ?? {};
  if (derivativeOf && !known.parts.get(reader)?.derivativeOf) return { gradient: true };
  return part === undefined ? {} : { part };
}

const views = ["reshape", "transpose", "broadcast"];

/** An op with what it was applied to: numbers where it works number by number, else arrays with the largest number of each. */
function callOf({ node, element, inputs }: Origin, known: Known): string {
  const { op, shape } = node;
  const elementwise = workOf(node) === undefined && inputs.every(({ single }) => spreads(single.shape, shape));
  const operands = inputs.map((value, i) => {
    const { name, gradient, part } = sourceOf(node.inputs[i]!, node, known);
    if (elementwise) {
      const said = name ?? (gradient && "a gradient");
      return `${short(at(value, shape, element))}${said === undefined ? "" : ` (${said})`}`;
    }
    const array = name ?? (gradient ? "a gradient" : `an array${part === undefined ? "" : ` of ${part}`}`);
    return `${array} ${showShape(value.single.shape)}${upTo(value)}`;
  });
  const sign = signs[op.name];
  if (sign !== undefined && operands.length === 2) return operands.join(` ${sign} `);
  return operands.length === 0 ? op.name : `${op.name} of ${operands.join(elementwise ? ", " : " and ")}`;
}

const upTo = ({ single: { data, dtype } }: Value): string => {
  if (!isFloat(dtype)) return "";
  let most = 0;
  for (const x of data) most = Math.max(most, Math.abs(x));
  return ` with numbers up to ${short(most)}`;
};

/** Whether an operand is broadcast to a shape. */
const spreads = (from: readonly number[], to: readonly number[]): boolean =>
  from.length <= to.length && from.every((n, i) => n === 1 || n === to[to.length - from.length + i]);

/** The number of an operand that meets an element of a result of this shape. */
function at({ single: { data, shape: own } }: Value, shape: readonly number[], element: number): number {
  if (sameShape(own, shape)) return data[element]!;
  const [steps, mine] = [stridesOf(shape), stridesOf(own)];
  return data[
    own.reduce((sum, length, i) => {
      const axis = shape.length - own.length + i;
      return sum + (length === 1 ? 0 : (Math.floor(element / steps[axis]!) % shape[axis]!) * mine[i]!);
    }, 0)
  ]!;
}

/** What float64 has in its place. */
function verdict({ element, output, inputs }: Origin): string {
  const exact = output.double.data[element]!;
  if (!Number.isFinite(exact)) return "; it isn't finite in float64 either";
  if (Math.abs(exact) > LARGEST_SINGLE)
    return `: it overflows float32, which ends at 3.4e+38; float64 has ${short(exact)}`;
  const vanished = inputs.some(({ single, double }) => single.data.some((x, i) => x === 0 && double.data[i] !== 0));
  return `; float64 has ${short(exact)}${vanished ? ", where a number is too small for float32 and became 0" : ""}`;
}
