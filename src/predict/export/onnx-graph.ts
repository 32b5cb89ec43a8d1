import {
  type Attribute,
  type Axis,
  array,
  graph,
  node,
  type OnnxType,
  type OnnxValue,
  typeCode,
} from "../../formats/onnx.ts";
import type { Message } from "../../formats/protobuf.ts";
import { type DType, isOp, NdArray, type Tensor } from "../../graph/index.ts";
import { constantOp } from "../../graph/ops/constant.ts";
import { cannotExport, isDraw, resolved, type Traced } from "./traced.ts";

/** Writes the nodes of an op and gives the names of its outputs. */
export type Writer = (x: Tensor, to: OnnxBuilder) => string | readonly string[];

/** How each op is written, by its name. */
export type Writers = { readonly [op: string]: Writer };

/** Float and int32 are all that networks have. */
export const typeOf = ({ dtype }: { readonly dtype: DType }): OnnxType => (dtype === "int32" ? "int32" : "float32");

/** What all graphs of a file share. */
interface Shared {
  readonly traced: Traced;
  readonly writers: Writers;
  readonly arrays: Map<string, Message>;
  count: number;
}

/** A graph that grows: each tensor that is asked for is written with all that it needs. A loop's body is a graph within another. */
export class OnnxBuilder {
  readonly traced: Traced;
  readonly #shared: Shared;
  readonly #parent: OnnxBuilder | undefined;
  readonly #nodes: Message[] = [];
  /** Names of tensors, and of what was made once for a text. */
  readonly #names = new Map<Tensor | string, string>();

  constructor(traced: Traced, writers: Writers, parent?: OnnxBuilder) {
    this.traced = traced;
    this.#shared = parent ? parent.#shared : { traced, writers, arrays: new Map(), count: 0 };
    this.#parent = parent;
  }

  /** A graph within this one: it sees all values of this one. */
  inner(): OnnxBuilder {
    return new OnnxBuilder(this.traced, this.#shared.writers, this);
  }

  /** A name that nothing has. */
  fresh(what: string): string {
    return `${what}.${this.#shared.count++}`;
  }

  /** What a tensor is called from now on. */
  name(x: Tensor, name: string): void {
    this.#names.set(x, name);
  }

  #find(key: Tensor | string): string | undefined {
    return this.#names.get(key) ?? (this.#parent ? this.#parent.#find(key) : undefined);
  }

  /** Made at the first call with this text. */
  once(text: string, make: () => string): string {
    const found = this.#find(text) ?? make();
    this.#names.set(text, found);
    return found;
  }

  /** The name of a tensor's value, which is written where it isn't yet. */
  value(given: Tensor): string {
    const x = resolved(given);
    const found = this.#find(x);
    if (found !== undefined) return found;
    const known = this.traced.known(x);
    if (known) {
      const name = this.array(known, this.traced.parameter(x));
      this.name(x, name);
      return name;
    }
    const write = this.#shared.writers[x.op.name];
    if (!write || x.dtype === "float64") throw cannotExport(this.traced, "ONNX", x);
    const made = write(x, this);
    const names = typeof made === "string" ? [made] : made;
    x.outputs.forEach((output, i) => {
      if (names[i] !== undefined && names[i] !== "") this.name(output, names[i]);
    });
    return this.#find(x)!;
  }

  /** A node of one output. */
  node(op: string, inputs: readonly string[], attributes: { readonly [name: string]: Attribute } = {}): string {
    return this.nodes(op, inputs, 1, attributes)[0]!;
  }

  /** A node of several outputs. */
  nodes(
    op: string,
    inputs: readonly string[],
    outputs: number | readonly string[],
    attributes: { readonly [name: string]: Attribute } = {},
  ): readonly string[] {
    const names = typeof outputs === "number" ? Array.from({ length: outputs }, () => this.fresh(op)) : outputs;
    this.#nodes.push(node(op, inputs, names, attributes));
    return names;
  }

  /** Numbers that the file holds: a list is int64 [n], a single number int64 []. Equal ones of these are held once. */
  array(value: NdArray | readonly number[] | number, name?: string): string {
    const add = (own: string): string => {
      this.#shared.arrays.set(own, array(own, value));
      return own;
    };
    if (name !== undefined) return this.#shared.arrays.has(name) ? name : add(name);
    if (value instanceof NdArray && value.data.length > 1) return add(this.fresh("constant"));
    const text =
      value instanceof NdArray
        ? `${value.dtype}${JSON.stringify(value.shape)}${value.data[0]}`
        : `int64${JSON.stringify(value)}`;
    return this.#shared.arrays.has(text) ? text : add(text);
  }

  /** One float. */
  number(value: number): string {
    return this.array(new NdArray(Float32Array.of(value), []));
  }

  /** The number of examples, int64 [1]. */
  batch(): string {
    if (this.#parent) return this.#parent.batch();
    return this.once("batch", () => this.node("Shape", [this.value(this.traced.inputs[0]!)], { start: 0, end: 1 }));
  }

  /** Lengths of axes as int64 [rank]; `unit` stands for the examples, and there are `per` of these in it. */
  shape(x: Tensor, given?: string, per = 1): string {
    const rows = this.traced.perRow(x);
    if (rows.every((n) => n === undefined)) return this.array(x.shape);
    const unit = given ?? this.batch();
    const parts = x.shape.map((n, axis) => {
      const times = rows[axis];
      if (times === undefined) return this.array([n]);
      return times === per ? unit : this.node("Mul", [unit, this.array([times / per])]);
    });
    return this.node("Concat", parts, { axis: 0 });
  }

  /** The number of axes that grow with the examples. */
  free(x: Tensor): number {
    return this.traced.perRow(x).filter((n) => n !== undefined).length;
  }

  /** How a value is described where it enters or leaves a graph. */
  described(name: string, x: Tensor, of = typeOf(x)): OnnxValue {
    const rows = this.traced.perRow(x);
    const axis = (n: number, i: number): Axis =>
      rows[i] === undefined ? n : rows[i] === 1 ? "batch" : `${rows[i]} batch`;
    return { name, type: of, shape: x.shape.map(axis) };
  }

  cast(x: string, to: OnnxType): string {
    return this.node("Cast", [x], { to: typeCode(to) });
  }

  /** The graph as it is now. Arrays belong to the outermost. */
  message(name: string, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): Message {
    const arrays = this.#parent ? [] : [...this.#shared.arrays.values()];
    return graph({ name, nodes: this.#nodes, arrays, inputs, outputs });
  }
}

/** What tells a key from others: draws of one key and one shape are the same draw. */
export function keyText(x: Tensor): string {
  if (isOp(x, constantOp)) return `${x.attrs.data}`;
  return `${x.op.name}${isDraw(x) ? JSON.stringify(x.attrs) : ""}(${x.inputs.length > 0 ? x.inputs.map(keyText) : x.id})`;
}
