import { dependencies } from "./evaluate.ts";
import type { Tensor } from "./tensor.ts";

/**
 * A part of a program that an op holds among its attributes and runs with values of its own for `inputs`. What it reads of tensors outside is
 * among the inputs, too, so that every pass sees it as an input of the op.
 */
export interface SubGraph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** What lies between inputs and outputs, in the order of ids: what depends on an input. `below` are a tensor's inputs. */
function between(
  { inputs, outputs }: SubGraph,
  below: (node: Tensor) => readonly Tensor[],
): { readonly inside: ReadonlySet<Tensor>; readonly used: ReadonlySet<Tensor> } {
  const given = new Set(inputs);
  const first = inputs.reduce((id, x) => Math.min(id, x.id), Number.POSITIVE_INFINITY);
  const seen = new Set(outputs);
  for (const node of seen) {
    // What is older than all inputs depends on none.
    if (given.has(node) || node.id < first) continue;
    for (const x of below(node)) seen.add(x);
  }
  const inside = new Set<Tensor>();
  const isVariable = (x: Tensor): boolean => given.has(x) || inside.has(x);
  for (const node of [...seen].sort((a, b) => a.id - b.id))
    if (!given.has(node) && node.id >= first && below(node).some(isVariable)) inside.add(node);
  return { inside, used: new Set(inputs.filter((x) => seen.has(x))) };
}

/** The inputs that outputs or their gradients are made of. */
export const usedInputs = (graph: SubGraph): ReadonlySet<Tensor> => between(graph, (node) => node.inputs).used;

/**
 * What a sub-graph reads of tensors that depend on none of its inputs: those that it needs to run, and those that only its gradient may need.
 * Constants are among them: gradient may be asked for with respect to one. A tensor that leads gradient to an input belongs to the sub-graph, even
 * where its value depends on none.
 */
export function captured(graph: SubGraph): {
  readonly toRun: readonly Tensor[];
  readonly forGradient: readonly Tensor[];
} {
  const given = new Set(graph.inputs);
  const { inside } = between(graph, (node) => node.inputs);
  const border = (below: (node: Tensor) => readonly Tensor[]): Set<Tensor> => {
    const seen = new Set(graph.outputs);
    for (const node of seen) if (inside.has(node)) for (const x of below(node)) seen.add(x);
    return new Set([...seen].filter((x) => !given.has(x) && !inside.has(x)));
  };
  const toRun = border(dependencies);
  return { toRun: [...toRun], forGradient: [...border((node) => node.inputs)].filter((x) => !toRun.has(x)) };
}

/** What a sub-graph computes from its inputs when it runs, in the order of ids. */
export const insideOf = (graph: SubGraph): ReadonlySet<Tensor> => between(graph, dependencies).inside;
