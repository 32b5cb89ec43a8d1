import { type DType, NdArray } from "../graph/ndarray.ts";
import { bytes, float, int, ints, joined, type Message, text } from "./protobuf.ts";

/**
 * Messages of an ONNX file, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. The first argument of `text`, `int` and `bytes` is a field's
 * number there.
 */

/** What a value of a graph may hold. */
export type OnnxType = Exclude<DType, "float64"> | "int64" | "bool";

const typeCodes: { readonly [type in OnnxType]: number } = { float32: 1, int32: 6, int64: 7, bool: 9 };
export const typeCode = (type: OnnxType): number => typeCodes[type];

/** An axis that has a name has any length. */
export type Axis = number | string;

/** A value that goes into a graph or comes out of it. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly Axis[];
}

/** A graph: its nodes and arrays are messages of their own. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly Message[];
  readonly arrays?: readonly Message[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** A node's attribute: whole numbers are written as integers, a message as a graph. */
export type Attribute = number | readonly number[] | string | Uint8Array | { readonly float: number };

/** Numbers with a name; a list of them, or a single one, is int64. */
export function array(name: string, value: NdArray | readonly number[] | number): Message {
  const whole = typeof value === "number" ? [value] : value;
  const { data, shape } =
    whole instanceof NdArray
      ? whole
      : { data: BigInt64Array.from(whole, BigInt), shape: whole === value ? [whole.length] : [] };
  const type = data instanceof BigInt64Array ? "int64" : data instanceof Int32Array ? "int32" : "float32";
  const numbers = data instanceof Float64Array ? Float32Array.from(data) : data;
  return joined([
    ...(shape.length === 0 ? [] : [ints(1, shape)]),
    int(2, typeCodes[type]),
    text(8, name),
    bytes(9, new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)),
  ]);
}

const kinds = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

function attribute(name: string, value: Attribute): Message {
  const [kind, field] =
    typeof value === "number"
      ? (["int", int(3, value)] as const)
      : typeof value === "string"
        ? (["string", text(4, value)] as const)
        : value instanceof Uint8Array
          ? (["graph", bytes(6, value)] as const)
          : "float" in value
            ? (["float", float(2, value.float)] as const)
            : (["ints", ints(8, value)] as const);
  return joined([text(1, name), field, int(20, kinds[kind])]);
}

/** One operation. */
export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: { readonly [name: string]: Attribute } = {},
): Message =>
  joined([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, outputs[0]!),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
  ]);

function valueInfo({ name, type, shape }: OnnxValue): Message {
  const axes = shape.map((axis) => bytes(1, typeof axis === "number" ? int(1, axis) : text(2, axis)));
  return joined([text(1, name), bytes(2, bytes(1, joined([int(1, typeCodes[type]), bytes(2, joined(axes))])))]);
}

export const graph = ({ name, nodes, arrays = [], inputs, outputs }: OnnxGraph): Message =>
  joined([
    ...nodes.map((message) => bytes(1, message)),
    text(2, name),
    ...arrays.map((message) => bytes(5, message)),
    ...inputs.map((value) => bytes(11, valueInfo(value))),
    ...outputs.map((value) => bytes(12, valueInfo(value))),
  ]);

/** Opset 17 has all that networks need, and runtimes from 2022 on read it; so they do version 8 of the format. */
const [FORMAT, OPSET] = [8, 17];

/** A file. */
export const model = (content: Message, metadata: { readonly [key: string]: string }): Message =>
  joined([
    int(1, FORMAT),
    text(2, "heaviside"),
    bytes(7, content),
    bytes(8, joined([text(1, ""), int(2, OPSET)])),
    ...Object.entries(metadata).map(([key, value]) => bytes(14, joined([text(1, key), text(2, value)]))),
  ]);
