import { dependencies } from "../../graph/evaluate.ts";
import { applications, type DType, isFloat, isMulti, isOp, NdArray, needed, type Tensor } from "../../graph/index.ts";
import { constantOp } from "../../graph/ops/constant.ts";
import { scanOp } from "../../graph/ops/scan.ts";
import { allFinite } from "../finite.ts";

/** An array in both precisions. */
export interface Value {
  /** As the training has it. */
  readonly single: NdArray;
  /** The same in float64; int32 stays int32. */
  readonly double: NdArray;
  /** For each element that isn't finite in float32 the number of its origin, counted from 1; 0 for the others. Absent where all are finite. */
  readonly origins?: Int32Array;
}

/** Where numbers that aren't finite began: an op whose operands were finite, or an input. */
export interface Origin {
  readonly node: Tensor;
  /** The first element of its output that isn't finite. */
  readonly element: number;
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** The step of the sequence, where it is within a loop. */
  readonly step: number | undefined;
}

/** The largest finite number of a replay, in float64. */
export interface Largest {
  readonly value: number;
  readonly node: Tensor | undefined;
}

/** Most origins in one op's operands that are distinguished. */
const MOST_ORIGINS = 8;
/** What takes the place of a number that isn't finite, to see whether a result depends on it. */
const HARMLESS = 1;

const wide = (dtype: DType): DType => (dtype === "float32" ? "float64" : dtype);
const isBad = (x: number): boolean => !Number.isFinite(x);
const isConstant = (x: Tensor): boolean => isOp(x, constantOp);

/** The calls that outputs need, in order. */
interface Order {
  readonly nodes: readonly Tensor[];
  readonly calls: readonly { readonly call: Tensor; readonly done: readonly Tensor[] }[];
  readonly outputs: readonly Tensor[];
}

/** What has to run for `outputs`, and after which call a value has no reader left. */
function orderOf(outputs: readonly Tensor[], given: { has(x: Tensor): boolean }): Order {
  const nodes = needed(outputs, given);
  const kept = new Set(outputs);
  const calls = applications(nodes.filter((x) => !given.has(x)))
    .reverse()
    .map((call) => {
      const done = [...new Set(dependencies(call))].filter((x) => !kept.has(x));
      for (const x of done) kept.add(x);
      return { call, done };
    })
    .reverse();
  return { nodes, calls, outputs };
}

/**
 * A program by the ops' own definitions, op by op, in float32 and float64 side by side. Of each number that isn't finite in float32 it knows where it
 * began: operands that aren't finite are replaced, to see which of them an op's result comes from. So a NaN that `where` doesn't choose
 * is no origin of what it gives.
 */
export class Replay {
  /** In the order in which they came about. */
  readonly origins: Origin[] = [];
  largest: Largest = { value: 0, node: undefined };
  readonly #known = new Set<Tensor>();
  readonly #orders = new Map<Tensor, Order>();
  #step: number | undefined;

  /** An input of the program. */
  input(node: Tensor, single: NdArray): Value {
    const double = isFloat(single.dtype) ? new NdArray(Float64Array.from(single.data), single.shape) : single;
    if (!isFloat(single.dtype) || allFinite(single)) return { single, double };
    const element = single.data.findIndex(isBad);
    this.origins.push({ node, element, inputs: [], output: { single, double }, step: undefined });
    const number = this.origins.length;
    return { single, double, origins: Int32Array.from(single.data, (x) => (isBad(x) ? number : 0)) };
  }

  /** The values of `outputs` from those of the inputs. */
  run(outputs: readonly Tensor[], inputs: ReadonlyMap<Tensor, Value>): Value[] {
    return this.#run(orderOf(outputs, inputs), inputs);
  }

  #run({ nodes, calls, outputs }: Order, inputs: ReadonlyMap<Tensor, Value>): Value[] {
    const values = new Map<Tensor, Value>();
    for (const x of nodes) {
      const given = inputs.get(x);
      if (given) values.set(x, given);
    }
    for (const { call, done } of calls) {
      const read = dependencies(call).map((x) => values.get(x)!);
      const results = isOp(call, scanOp) ? this.#scan(call, read) : this.#apply(call, read);
      call.outputs.forEach((x, i) => values.set(x, results[i]!));
      for (const x of done) values.delete(x);
    }
    return outputs.map((x) => values.get(x)!);
  }

  #apply(call: Tensor, read: readonly Value[]): Value[] {
    const singles = ran(
      call,
      read.map(({ single }) => single),
      (dtype) => dtype,
    );
    const doubles = ran(
      call,
      read.map(({ double }) => double),
      wide,
    );
    if (isConstant(call) || (call.inputs.length > 0 && dependencies(call).every((x) => this.#known.has(x))))
      for (const x of call.outputs) this.#known.add(x);
    this.#note(call, doubles);
    const found = singles.map((single, i) => ({ single, double: doubles[i]! }));
    // What is known while tracing isn't finite on purpose, as the other side of a choice.
    if (this.#known.has(call) || singles.every((x) => !isFloat(x.dtype) || allFinite(x))) return found;
    const origins = this.#originsOf(call, read, found);
    return found.map((value, i) => (origins[i] ? { ...value, origins: origins[i] } : value));
  }

  #note(call: Tensor, doubles: readonly NdArray[]): void {
    for (const [i, { data, dtype }] of doubles.entries()) {
      if (!isFloat(dtype)) continue;
      let { value } = this.largest;
      for (let k = 0; k < data.length; k++) {
        const size = Math.abs(data[k]!);
        if (size > value && size < Number.POSITIVE_INFINITY) value = size;
      }
      if (value > this.largest.value) this.largest = { value, node: call.outputs[i]! };
    }
  }

  /** For each output of a call, where its elements that aren't finite began. */
  #originsOf(call: Tensor, read: readonly Value[], found: readonly Value[]): (Int32Array | undefined)[] {
    const origins = found.map(({ single }) =>
      isFloat(single.dtype) && !allFinite(single) ? new Int32Array(single.data.length) : undefined,
    );
    const before = [...new Set(read.flatMap(({ origins: own }) => (own ? [...new Set(own)] : [])))]
      .filter((number) => number > 0)
      .sort((a, b) => a - b);
    const without = (kept: number | undefined): NdArray[] =>
      ran(
        call,
        read.map((value) => replaced(value, kept)),
        (dtype) => dtype,
      );
    const clean = before.length === 0 ? found.map(({ single }) => single) : without(undefined);
    let own = 0;
    const claim = (numbers: readonly NdArray[], origin: (output: number, element: number) => number): void =>
      origins.forEach((places, i) => {
        for (let k = 0; places && k < places.length; k++)
          if (places[k] === 0 && isBad(found[i]!.single.data[k]!) && isBad(numbers[i]!.data[k]!))
            places[k] = origin(i, k);
      });
    claim(clean, (output, element) => {
      if (own === 0)
        own = this.origins.push({
          node: call.outputs[output]!,
          element,
          inputs: read,
          output: found[output]!,
          step: this.#step,
        });
      return own;
    });
    if (before.length > 1) for (const number of before.slice(0, MOST_ORIGINS)) claim(without(number), () => number);
    if (before.length > 0)
      claim(
        found.map(({ single }) => single),
        () => before[0]!,
      );
    return origins;
  }

  /** A loop, step by step. */
  #scan(call: Tensor & { readonly attrs: ScanAttrs }, read: readonly Value[]): Value[] {
    const { body, carries, xs, length, reverse } = call.attrs;
    const given = body.inputs.slice(0, read.length);
    const values = new Map(given.map((x, i) => [x, read[i]!]));
    const order = this.#orders.get(call) ?? orderOf(body.outputs, values);
    this.#orders.set(call, order);
    const rows = call.outputs.slice(carries).map((x) => stackedRows(x));
    const outer = this.#step;
    for (let i = 0; i < length; i++) {
      const t = reverse ? length - 1 - i : i;
      this.#step = t;
      for (let k = carries; k < carries + xs; k++) values.set(given[k]!, rowOf(read[k]!, t));
      const results = this.#run(order, values);
      results.forEach((result, k) => {
        if (k < carries) values.set(given[k]!, result);
        else rows[k - carries]!.set(t, result);
      });
    }
    this.#step = outer;
    return [...given.slice(0, carries).map((x) => values.get(x)!), ...rows.map(({ value }) => value())];
  }
}

type ScanAttrs = Parameters<NonNullable<typeof scanOp.graphs>>[0];

/** The outputs of one call by its definition. */
function ran({ op, attrs, outputs }: Tensor, inputs: readonly NdArray[], as: (dtype: DType) => DType): NdArray[] {
  const results = outputs.map(({ shape, dtype }) => NdArray.zeros(shape, as(dtype)));
  if (isMulti(op)) op.reference(inputs, attrs, results);
  else op.reference(inputs, attrs, results[0]!);
  return results;
}

/** A value in float32 whose numbers that aren't finite are harmless, but for those of the origin `kept`. */
function replaced({ single, origins }: Value, kept: number | undefined): NdArray {
  if (!origins) return single;
  const data = Float32Array.from(single.data, (x, i) => (origins[i] === 0 || origins[i] === kept ? x : HARMLESS));
  return new NdArray(data, single.shape);
}

/** Row t of a value [T, …]. */
function rowOf({ single, double, origins }: Value, t: number): Value {
  const shape = single.shape.slice(1);
  const size = single.data.length / single.shape[0]!;
  const row = <A extends { subarray(from: number, to: number): A }>(data: A): A =>
    data.subarray(t * size, (t + 1) * size);
  const own = origins && row(origins);
  return {
    single: new NdArray(single.data.subarray(t * size, (t + 1) * size), shape),
    double: new NdArray(double.data.subarray(t * size, (t + 1) * size), shape),
    ...(own?.some((number) => number > 0) && { origins: own }),
  };
}

/** A value [T, …] that is filled row by row. */
function stackedRows({ shape, dtype }: Tensor) {
  const [single, double] = [NdArray.zeros(shape, dtype), NdArray.zeros(shape, wide(dtype))];
  let origins: Int32Array | undefined;
  return {
    set(t: number, row: Value): void {
      const at = t * row.single.data.length;
      single.data.set(row.single.data, at);
      double.data.set(row.double.data, at);
      if (!row.origins) return;
      origins ??= new Int32Array(single.data.length);
      origins.set(row.origins, at);
    },
    value: (): Value => ({ single, double, ...(origins && { origins }) }),
  };
}
