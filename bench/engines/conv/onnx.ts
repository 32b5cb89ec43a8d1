/** The convolutional network as one ONNX graph, whose weights are constants that the library packs once. It trains nothing. */
import { UserError } from "../../../src/errors.ts";
import {
  CLASSES,
  type Conv,
  channelsFirst,
  convInputs,
  convLayers,
  parametersChannelsFirst,
} from "../../workloads/conv.ts";
import { repeat, type Session } from "../engine.ts";
import { OnnxGraph, type peers } from "../onnx-graph.ts";

/** The library or one of its sessions, whose types are installed with it only. */
type Ort = ReturnType<typeof peers>;

/** Input `x` [batch, channels, rows, columns], output `out` [batch, classes]. */
function graphOf(task: Conv): Uint8Array {
  const { batch, image, size } = task;
  const graph = new OnnxGraph();
  const layers = convLayers(task).length;
  const constants = parametersChannelsFirst(task, convInputs(task).parameters).map(({ shape, data }) =>
    graph.floats(shape, data),
  );
  let h = graph.input("x", [batch, image[2], image[0], image[1]]);
  const around = (size - 1) / 2;
  for (let i = 0; i < 2 * layers; i += 2) {
    h = graph.node("Conv", [h, constants[i]!, constants[i + 1]!], { pads: [around, around, around, around] });
    h = graph.node("MaxPool", [graph.node("Relu", [h])], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  const [weight, bias, last, lastBias] = constants.slice(2 * layers) as [string, string, string, string];
  h = graph.node("Relu", [graph.node("Gemm", [graph.node("Flatten", [h]), weight, bias])]);
  graph.output(graph.node("Gemm", [h, last, lastBias], {}, "out"), [batch, CLASSES]);
  return graph.encode();
}

export async function convSession(task: Conv, ort: Ort, open: (model: Uint8Array) => Promise<Ort>): Promise<Session> {
  if (task.pass === "step") throw new UserError("onnxruntime-node trains no convolutional network");
  const { batch, image } = task;
  const session = await open(graphOf(task));
  const x = channelsFirst(convInputs(task).x, batch, image[2]);
  const inputs = { x: new ort.Tensor("float32", x, [batch, image[2], image[0], image[1]]) };
  const out = new ort.Tensor("float32", new Float32Array(batch * CLASSES), [batch, CLASSES]);
  const run = () => session.run(inputs, { out });
  return {
    async evidence() {
      await run();
      return [...out.data];
    },
    slice: (seconds) => repeat(async () => void (await run()), seconds),
    close: () => session.release(),
  };
}
