/** Who takes part in the conditional layer, and in which forms each of them is able to work it out. */
import { type Entry, ownEntries, peerEntries, pytorchProgram } from "../../contestants.ts";
import type { SubjectOptions } from "../subject.ts";

/** The name's forms; the first one is the dense layer, which the others are compared with. */
const forms: readonly (readonly [name: string, forms: readonly string[]])[] = [
  ["heaviside", ["dense", "skip"]],
  ["PyTorch", ["dense", "loop", "padded"]],
  ["onnxruntime-node", ["dense", "padded"]],
  ["jax-js", ["dense", "padded"]],
];

export const formsOf = (engine: string): readonly string[] =>
  forms.find(([name]) => engine.startsWith(name))?.[1] ?? [];

type Asked = Pick<SubjectOptions, "backends" | "threads" | "peers" | "python">;

export function layerEntries({ backends, threads, peers, python }: Asked): Entry[] {
  const own = ownEntries({ backends, threads, backendsAsked: true });
  if (!peers) return own;
  // tfjs has no product of batches whose rows are gathered that would be faster than its dense one, of seconds a pass.
  const others = peerEntries({ threads }, undefined).filter(({ name }) => formsOf(name).length > 0);
  return [...own, ...(python === undefined ? [] : pytorchEntries(threads, python)), ...others];
}

/** PyTorch with the threads that suit it on each count, and as it installs on the most. */
function pytorchEntries(threads: readonly number[], python: string): Entry[] {
  const most = Math.max(...threads);
  const entry = (name: string, count: number, tuned: boolean): Entry => {
    const { command, args, env } = pytorchProgram(python, count);
    return {
      ...{ name, role: "peer", threads: count, variant: "without autograd", foreign: true, optional: true },
      program: { command, args, ...(tuned && env && { env }) },
    };
  };
  return [...threads.map((count) => entry("PyTorch", count, true)), entry("PyTorch as installed", most, false)];
}
