/** A recurrent layer as ONNX's own operator, in either of ONNX Runtime's packages. They train nothing: there is no gradient of it. */
import { UserError } from "../../../src/errors.ts";
import {
  type Neuron,
  outputEvidence,
  type Recurrent,
  type RecurrentInputs,
  recurrentInputs,
  stepsFirst,
} from "../../workloads/recurrent.ts";
import { repeat, type Session } from "../engine.ts";
import { OnnxGraph, type peers } from "../onnx-graph.ts";

/** The library or one of its sessions, whose types are installed with it only. */
type Ort = ReturnType<typeof peers>;

/** The order in which ONNX stacks the neurons of an LSTM. */
const order: readonly Neuron[] = ["input", "output", "forget", "candidate"];

/** [rows, columns] as [columns, rows]. */
function turned(values: Float32Array, rows: number, columns: number): number[] {
  return Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** Input `x` [length, batch, input], output `y` [length, 1, batch, units]. Weights are constants, which the library packs once. */
function graphOf({ batch, length, input, units }: Recurrent, weights: RecurrentInputs["weights"]): Uint8Array {
  const graph = new OnnxGraph();
  const width = order.length * units;
  const w = order.flatMap((neuron) => turned(weights[neuron].input, input, units));
  const r = order.flatMap((neuron) => turned(weights[neuron].recurrent, units, units));
  const b = [...order.flatMap((neuron) => [...weights[neuron].bias]), ...new Array(width).fill(0)];
  const given = [
    graph.input("x", [length, batch, input]),
    graph.floats([1, width, input], w),
    graph.floats([1, width, units], r),
    graph.floats([1, 2 * width], b),
  ];
  graph.output(graph.node("LSTM", given, { hidden_size: units }, "y"), [length, 1, batch, units]);
  return graph.encode();
}

export async function recurrentSession(
  engine: string,
  task: Recurrent,
  ort: Ort,
  open: (model: Uint8Array) => Promise<Ort>,
): Promise<Session> {
  if (task.pass === "step") throw new UserError(`${engine} trains no recurrent layer`);
  const { batch, length, input } = task;
  const { x, weights } = recurrentInputs(task);
  const session = await open(graphOf(task, weights));
  const inputs = { x: new ort.Tensor("float32", stepsFirst(task, x), [length, batch, input]) };
  const run = () => session.run(inputs);
  return {
    evidence: async () => outputEvidence(task, (await run()).y.data),
    slice: (seconds) => repeat(async () => void (await run()), seconds),
    close: () => session.release(),
  };
}
