/**
 * The conditional layer as one ONNX graph, forward and the backward pass written out. `dense` works every block out and multiplies by
 * the gates; `padded` gathers the open rows of all blocks into one batched product, as long as the fullest block.
 */
import {
  type Conditional,
  type ConditionalInputs,
  conditionalEvidence,
  conditionalInputs,
  conditionalSamples,
} from "../../workloads/conditional.ts";
import { repeat, type Session, unknownForm } from "../engine.ts";
import { FLOAT, INT64, OnnxGraph, peers, type Value } from "../onnx-graph.ts";
import { paddingOf, withZeroRow } from "./padding.ts";

const ort = peers("onnxruntime-node");

/** A tensor or a session of the library, whose types are installed with it only. */
type Ort = ReturnType<typeof peers>;

interface Form {
  graph: OnnxGraph;
  inputs: Record<string, Ort>;
  /** Shapes of y, dx, dweight and dout; the gradients lie as the weights do. */
  shapes: Record<"y" | "dx" | "dweight" | "dout", readonly number[]>;
}

const floats = (data: Float32Array, shape: readonly number[]): Ort => new ort.Tensor("float32", data, shape);
const places = (data: Int32Array, shape: readonly number[]): Ort =>
  new ort.Tensor("int64", BigInt64Array.from(data, BigInt), shape);
const product = (shape: readonly number[]): number => shape.reduce((all, length) => all * length, 1);

/** 1 where h is above 0. */
const slope = (graph: OnnxGraph, h: Value): Value =>
  graph.node("Cast", [graph.node("Greater", [h, graph.scalar(0)])], { to: FLOAT });

function dense({ batch, input, blocks, width, output }: Conditional, given: ConditionalInputs): Form {
  const units = blocks * width;
  const mask = new Float32Array(batch * units);
  for (const [pair, gate] of given.gates.entries()) mask.fill(gate, pair * width, (pair + 1) * width);
  const inputs = {
    x: floats(given.x, [batch, input]),
    dy: floats(given.dy, [batch, output]),
    weight: floats(given.weight, [units, input]),
    out: floats(given.out, [units, output]),
    mask: floats(mask, [batch, units]),
  };
  const graph = new OnnxGraph();
  for (const [name, { dims }] of Object.entries(inputs)) graph.input(name, dims);
  const h = graph.node("Mul", [graph.node("Relu", [graph.node("Gemm", ["x", "weight"], { transB: 1 })]), "mask"]);
  graph.node("MatMul", [h, "out"], {}, "y");
  const dh = graph.node("Mul", [graph.node("Gemm", ["dy", "out"], { transB: 1 }), slope(graph, h)]);
  graph.node("MatMul", [dh, "weight"], {}, "dx");
  graph.node("Gemm", [dh, "x"], { transA: 1 }, "dweight");
  graph.node("Gemm", [h, "dy"], { transA: 1 }, "dout");
  const shapes = { y: [batch, output], dx: [batch, input], dweight: [units, input], dout: [units, output] };
  return { graph, inputs, shapes };
}

function padded(task: Conditional, given: ConditionalInputs): Form {
  const { batch, input, blocks, width, output } = task;
  const { rows, examples, opened, pairs } = paddingOf(task, given.gates);
  const inputs = {
    x: floats(withZeroRow(given.x, input), [batch + 1, input]),
    dy: floats(withZeroRow(given.dy, output), [batch + 1, output]),
    weight: floats(given.weight, [blocks, width, input]),
    out: floats(given.out, [blocks, width, output]),
    examples: places(examples, [blocks, rows]),
    pairs: places(pairs, [batch, opened]),
  };
  const graph = new OnnxGraph();
  for (const [name, { dims, type }] of Object.entries(inputs))
    graph.input(name, dims, type === "int64" ? INT64 : FLOAT);
  /** Each example's pairs summed: those of [blocks, rows, columns] that it opened. */
  const collect = (values: Value, columns: number, name: string) => {
    const list = graph.node("Reshape", [values, graph.integers([-1, columns])]);
    const zeros = graph.floats([1, columns], new Array(columns).fill(0));
    const own = graph.node("Gather", [graph.node("Concat", [list, zeros], { axis: 0 }), "pairs"]);
    graph.node("ReduceSum", [own, graph.integers([1])], { keepdims: 0 }, name);
  };
  const xs = graph.node("Gather", ["x", "examples"]);
  const dys = graph.node("Gather", ["dy", "examples"]);
  const h = graph.node("Relu", [graph.node("FusedMatMul", [xs, "weight"], { transB: 1 })]);
  collect(graph.node("FusedMatMul", [h, "out"]), output, "y");
  const dh = graph.node("Mul", [graph.node("FusedMatMul", [dys, "out"], { transB: 1 }), slope(graph, h)]);
  collect(graph.node("FusedMatMul", [dh, "weight"]), input, "dx");
  graph.node("FusedMatMul", [dh, xs], { transA: 1 }, "dweight");
  graph.node("FusedMatMul", [h, dys], { transA: 1 }, "dout");
  const shapes = {
    ...{ y: [batch, output], dx: [batch, input] },
    ...{ dweight: [blocks, width, input], dout: [blocks, width, output] },
  };
  return { graph, inputs, shapes };
}

const forms: Readonly<Record<string, typeof dense>> = { dense, padded };

/** Results go into arrays that are kept. */
export async function conditionalSession(
  task: Conditional,
  form: string,
  open: (model: Uint8Array) => Promise<Ort>,
): Promise<Session> {
  const make = forms[form] ?? unknownForm("onnxruntime-node", task, form);
  const { graph, inputs, shapes } = make(task, conditionalInputs(task));
  for (const [name, shape] of Object.entries(shapes)) graph.output(name, shape);
  const session = await open(graph.encode());
  const result = (shape: readonly number[]): Ort => floats(new Float32Array(product(shape)), shape);
  const { y, dx, dweight, dout } = shapes;
  const results = { y: result(y), dx: result(dx), dweight: result(dweight), dout: result(dout) };
  const run = () => session.run(inputs, results);
  return {
    async evidence() {
      await run();
      const found = {
        ...{ y: results.y.data, dx: results.dx.data, dweight: results.dweight.data, dout: results.dout.data },
      };
      return conditionalEvidence(conditionalSamples(task), found);
    },
    slice: (seconds) => repeat(run, seconds),
    close: () => session.release(),
  };
}
