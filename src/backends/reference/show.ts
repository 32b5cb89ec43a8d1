import { applications, dependencies, needed } from "../../graph/evaluate.ts";
import { showSpec } from "../../graph/ndarray.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Program } from "../backend.ts";

/** The program as a list of ops in the order they run; the parts of a program that an op holds stand below it. */
export function showProgram(program: Program): string {
  const names = new Map<Tensor, string>(program.inputs.map((x) => [x.tensor, x.name]));
  let count = 0;
  const name = (x: Tensor): string => {
    const next = `%${count++}`;
    names.set(x, next);
    return next;
  };
  const named = (tensors: readonly Tensor[]): string => tensors.map((x) => names.get(x) ?? "?").join(", ");
  const listed = (outputs: readonly Tensor[], indent: string): string[] =>
    applications(needed(outputs, names).filter((node) => !names.has(node))).flatMap((node) => {
      const inputs = named(dependencies(node));
      const results = node.outputs.map(name).join(", ");
      const line = `${indent}${results} = ${node.op.name}(${inputs})  ${node.outputs.map(showSpec).join(", ")}`;
      const parts = (node.op.graphs?.(node.attrs) ?? []).flatMap((part) => {
        const given = part.inputs.filter((x) => !names.has(x));
        const head = `${indent}  given ${given.map((x) => `${name(x)} ${showSpec(x)}`).join(", ")}`;
        return [head, ...listed(part.outputs, `${indent}  `), `${indent}  return ${named(part.outputs)}`];
      });
      return [line, ...parts];
    });
  const lines = listed([...program.outputs, ...program.updates.map((u) => u.value)], "");
  const ends = [
    ...program.updates.map((u) => `${program.inputs[u.input]!.name} <- ${names.get(u.value)}`),
    ...program.outputs.map((x) => `return ${names.get(x)}`),
  ];
  return [...lines, ...ends].join("\n");
}
