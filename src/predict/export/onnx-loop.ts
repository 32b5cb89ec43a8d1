import { isOp, type Tensor } from "../../graph/index.ts";
import { scanOp } from "../../graph/ops/scan.ts";
import type { Writer } from "./onnx-graph.ts";
import { reached } from "./traced.ts";

/** The results of a loop that are asked for, and the carries that these need. */
function asked(
  x: Tensor,
  results: readonly Tensor[],
  carries: readonly Tensor[],
  isAsked: (output: Tensor) => boolean,
) {
  const found = new Set(x.outputs.flatMap((output, i) => (isAsked(output) ? [i] : [])));
  for (const i of found) {
    const read = reached([results[i]!]);
    carries.forEach((carry, k) => {
      if (read.has(carry)) found.add(k);
    });
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * A `Scan`: its states are the carry, its inputs and outputs rows of arrays whose first axis is time. What a step reads of tensors outside it reads by
 * their names.
 */
export const loop: Writer = (x, to) => {
  if (!isOp(x, scanOp)) throw new Error("not a loop");
  const { body, carries, xs, length, reverse } = x.attrs;
  const inside = to.inner();
  const [states, rows] = [body.inputs.slice(0, carries), body.inputs.slice(carries, carries + xs)];
  const wanted = asked(x, body.outputs, states, (output) => to.traced.readers(output) > 0);
  const kept = states.map((_, i) => i).filter((i) => wanted.includes(i));
  const used = reached(wanted.map((i) => body.outputs[i]!));
  const read = rows.map((_, i) => i).filter((i) => used.has(rows[i]!));
  body.inputs.slice(carries + xs).forEach((captured, i) => {
    if (used.has(captured)) inside.name(captured, to.value(x.inputs[carries + xs + i]!));
  });
  const given = [...kept.map((i) => states[i]!), ...read.map((i) => rows[i]!)].map((tensor) => {
    const name = inside.fresh("step");
    inside.name(tensor, name);
    return inside.described(name, tensor);
  });
  const outside = [...kept.map((i) => x.inputs[i]!), ...read.map((i) => x.inputs[carries + i]!)].map((value) =>
    to.value(value),
  );
  // A Scan counts its steps by an input.
  if (read.length === 0) {
    given.push({ name: inside.fresh("step"), type: "int64", shape: [] });
    outside.push(to.array(Array.from({ length }, (_, i) => i)));
  }
  const made = wanted.map((i) => {
    const name = inside.node("Identity", [inside.value(body.outputs[i]!)]);
    return inside.described(name, body.outputs[i]!);
  });
  const [inputs, outputs] = [Math.max(read.length, 1), wanted.length - kept.length];
  const names = to.nodes("Scan", outside, wanted.length, {
    body: inside.message("step", given, made),
    num_scan_inputs: inputs,
    scan_input_directions: Array.from({ length: inputs }, () => Number(reverse)),
    scan_output_directions: Array.from({ length: outputs }, () => Number(reverse)),
  });
  const all: string[] = Array.from(x.outputs, () => "");
  wanted.forEach((i, at) => (all[i] = names[at]!));
  return all;
};
