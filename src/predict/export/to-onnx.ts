import { model as file } from "../../formats/onnx.ts";
import { flagOf, optionsOf } from "../../graph/arguments.ts";
import { specOf } from "../program.ts";
import { checkedTrained, type Saveable } from "../save.ts";
import { OnnxBuilder, typeOf } from "./onnx-graph.ts";
import { writers } from "./onnx-ops.ts";
import { readingOf, traced } from "./traced.ts";

/** How a network is written as ONNX. */
export interface OnnxOptions {
  /** Units draw anew in each run, as in training (default: false, the deterministic readout). */
  readonly sample?: boolean | undefined;
}

/** Two numbers of rows that no layer has, so that what differs between them is the batch. */
const ROWS = [61, 67] as const;

/**
 * A trained network as an ONNX file (format 8, opset 17), for ONNX Runtime and what else reads that. Its first axis, the batch, has any length. Inputs are
 * named as the fields of the data, `x` [batch, …] first; they are what the network was given in training: preprocessing is part of the graph. Outputs have
 * the names of a prediction: `probabilities` [batch, C] and `label` int32 [batch] of a network of classes, `value` of one of numbers; `gates.NAME`
 * [batch, K] are the gates of the layer NAME. Blocks whose gates are closed are skipped. The metadata are JSON: `classes`, the class names, `network`, the
 * config with its preprocessing, and `reading`, "deterministic" or "stochastic".
 *
 *     await writeFile("digits.onnx", toOnnx(await train(model, data)));
 *
 * Throws UserError for anything but a network with its parameters, where a stage computes what ONNX has no op for, and for a head that scores samples
 * alone without `sample`.
 */
export function toOnnx(trained: Saveable, options: OnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const sample = flagOf("toOnnx", "sample", optionsOf("toOnnx", options, ["sample"]).sample ?? false);
  const { model, params, fields } = checkedTrained(trained, "toOnnx");
  const spec = specOf(model, fields);
  const reading = readingOf("toOnnx", spec, sample);
  const program = traced({ model, params, spec, reading, rows: ROWS });
  const to = new OnnxBuilder(program, writers);
  const inputs = program.inputs.map((x, i) => {
    to.name(x, spec.inputs[i]!.name);
    return to.described(spec.inputs[i]!.name, x);
  });
  const outputs = program.outputs.map(({ name, tensor }) => {
    to.nodes("Identity", [to.value(tensor)], [name]);
    return to.described(name, tensor, typeOf(tensor));
  });
  const metadata = {
    reading,
    network: JSON.stringify(model.config),
    inputs: JSON.stringify(spec.inputs),
    ...(spec.names && { classes: JSON.stringify(spec.names) }),
  };
  return file(to.message("heaviside", inputs, outputs), metadata);
}
