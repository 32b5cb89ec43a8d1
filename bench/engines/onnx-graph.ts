/** ONNX graphs from TypeScript: nodes in the order they are added, encoded with onnx-proto. */
import { createRequire } from "node:module";

export const peers = createRequire(new URL("../peers/package.json", import.meta.url));
const { onnx } = peers("onnx-proto");

/** https://github.com/onnx/onnx/blob/main/docs/Versioning.md: opset 15 came with IR 8. */
const OPSET = 15;
const IR_VERSION = 8;

type Shape = readonly number[];
/** The result of a node, an input or a constant, by its name in the graph. */
export type Value = string;
/** A number is written as ONNX's INT where the name is in `INTEGERS`, as FLOAT otherwise. */
export type Attributes = Record<string, number | readonly number[]>;

/** What ONNX Runtime adds to the standard, such as a MatMul whose factors are transposed. */
const MICROSOFT = "com.microsoft";

/** Attributes that are INT or INTS by the operators' definitions, of those used here. */
const INTEGERS = new Set(["axis", "hidden_size", "keepdims", "shape", "to", "transA", "transB"]);

export const FLOAT: number = onnx.TensorProto.DataType.FLOAT;
export const INT64: number = onnx.TensorProto.DataType.INT64;

export class OnnxGraph {
  readonly #nodes: unknown[] = [];
  readonly #inputs: unknown[] = [];
  readonly #outputs: unknown[] = [];
  readonly #constants: unknown[] = [];

  input(name: string, shape: Shape, type = FLOAT): Value {
    this.#inputs.push(valueInfo(name, shape, type));
    return name;
  }

  /** Names `value` as a result of the graph. */
  output(value: Value, shape: Shape): void {
    this.#outputs.push(valueInfo(value, shape, FLOAT));
  }

  scalar(value: number): Value {
    return this.floats([], [value]);
  }

  floats(shape: Shape, values: Iterable<number>): Value {
    const name = `constant${this.#constants.length}`;
    this.#constants.push({ name, dataType: FLOAT, dims: [...shape], floatData: [...values] });
    return name;
  }

  integers(values: readonly number[]): Value {
    const name = `constant${this.#constants.length}`;
    this.#constants.push({ name, dataType: INT64, dims: [values.length], int64Data: [...values] });
    return name;
  }

  /** Adds a node with one result, which is called `name` where the graph gives it out. */
  node(opType: string, inputs: readonly Value[], attributes: Attributes = {}, name?: string): Value {
    const value = name ?? `value${this.#nodes.length}`;
    this.#nodes.push({
      opType,
      domain: opType === "FusedMatMul" ? MICROSOFT : "",
      input: [...inputs],
      output: [value],
      attribute: Object.entries(attributes).map(([key, given]) => attribute(key, given)),
    });
    return value;
  }

  /** The model as ONNX Runtime loads it. */
  encode(): Uint8Array {
    const model = {
      irVersion: IR_VERSION,
      opsetImport: [
        { domain: "", version: OPSET },
        { domain: MICROSOFT, version: 1 },
      ],
      graph: {
        name: "bench",
        node: this.#nodes,
        input: this.#inputs,
        output: this.#outputs,
        initializer: this.#constants,
      },
    };
    return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish();
  }
}

function valueInfo(name: string, shape: Shape, elemType: number) {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function attribute(name: string, value: number | readonly number[]) {
  const types = onnx.AttributeProto.AttributeType;
  if (typeof value !== "number") return { name, type: types.INTS, ints: [...value] };
  return INTEGERS.has(name) ? { name, type: types.INT, i: value } : { name, type: types.FLOAT, f: value };
}
