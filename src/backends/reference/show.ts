import { dependencies, needed } from "../../graph/evaluate.ts";
import { showSpec } from "../../graph/ndarray.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Program } from "../backend.ts";

/** The program as a list of ops in the order they run. */
export function showProgram(program: Program): string {
  const names = new Map<Tensor, string>(program.inputs.map((x) => [x.tensor, x.name]));
  const lines = needed([...program.outputs, ...program.updates.map((u) => u.value)], names)
    .filter((node) => !names.has(node))
    .map((node, i) => {
      names.set(node, `%${i}`);
      return `%${i} = ${node.op.name}(${dependencies(node)
        .map((x) => names.get(x) ?? "?")
        .join(", ")})  ${showSpec(node)}`;
    });
  const ends = [
    ...program.updates.map((u) => `${program.inputs[u.input]!.name} <- ${names.get(u.value)}`),
    ...program.outputs.map((x) => `return ${names.get(x)}`),
  ];
  return [...lines, ...ends].join("\n");
}
