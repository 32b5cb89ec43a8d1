import type { InstructionRuns, ProgramRuns } from "../backends/backend.ts";
import type { Parts } from "../graph/part.ts";
import type { Tensor } from "../graph/tensor.ts";
import { counted, cut } from "../rules.ts";
import { median } from "../statistics/sample.ts";

/** An instruction of a compiled function: what it computes, how long that takes, and what it has to do for it. */
export interface ProfiledInstruction {
  /** Its line of the plan: kind, sizes, what it reads. */
  readonly text: string;
  /** The ops that it carries out, by the layers they belong to, where a model was traced. */
  readonly computes: string;
  /** In seconds: the median of runs, on all threads, with what it takes to start it alone. */
  readonly seconds: number;
  /** Of the time of all instructions, from 0 to 1. */
  readonly share: number;
  /** Multiplications with an addition, of matrix products and convolutions. */
  readonly multiplyAdds: number;
  /** Operations on one number each, of what is fused element by element. */
  readonly steps: number;
  /** In bytes: the arrays that it reads and writes, each once. */
  readonly bytes: number;
  /** Whether gates or silent units may have made it less work than that. */
  readonly isAtMost: boolean;
}

/** Where the time of a compiled function's call goes. As a text it is a table. */
export interface Profile {
  /** In seconds: the median of a call as it usually runs, all instructions in one piece. */
  readonly seconds: number;
  /** In seconds: the sum over the instructions, each run by itself. */
  readonly secondsApart: number;
  /** How often it was run of either kind. */
  readonly runs: number;
  /** In the order in which they run. */
  readonly instructions: readonly ProfiledInstruction[];
  /** A table with a line for each instruction, of long programs for the 40 that take longest. */
  toString(): string;
}

/** Instructions that the table shows at most: the ones that take longest. */
const MOST_LINES = 40;
const MOST_WORDS = 60;

/** What the runs of a program come to; `parts` are what its tensors were made for. */
export function profileOf({ seconds, instructions }: ProgramRuns, parts: Parts): Profile {
  const medians = instructions.map((x) => median(x.seconds));
  const all = medians.reduce((sum, x) => sum + x, 0);
  const list = instructions.map((x, i): ProfiledInstruction => {
    const { multiplyAdds, steps, bytes, isAtMost } = x.work;
    const own = { seconds: medians[i]!, share: medians[i]! / all };
    return { text: x.text, computes: computesOf(x, parts), ...own, multiplyAdds, steps, bytes, isAtMost };
  });
  const found = { seconds: median(seconds), secondsApart: all, runs: seconds.length, instructions: list };
  return { ...found, toString: () => table(found) };
}

/** "hidden1: matmul, add, relu", "derivative of hidden1: matmul", "the update: mul, sub". */
function computesOf({ tensors }: InstructionRuns, parts: Parts): string {
  const ops = new Map<string, Set<string>>();
  for (const tensor of tensors) {
    if (tensor.op.isAlias) continue;
    const place = placeOf(tensor, parts);
    ops.set(place, (ops.get(place) ?? new Set()).add(tensor.op.name));
  }
  return [...ops].map(([place, names]) => `${place && `${place}: `}${[...names].join(", ")}`).join("; ");
}

function placeOf(tensor: Tensor, parts: Parts): string {
  const { name = "", derivativeOf } = parts.get(tensor) ?? {};
  return derivativeOf ? `derivative${name && ` of ${name}`}` : name;
}

const rate = (amount: number, seconds: number): string =>
  amount === 0 || seconds === 0 ? "" : (amount / seconds / 1e9).toPrecision(3);

const micro = (seconds: number): string => (1e6 * seconds).toFixed(1);

function table({ seconds, secondsApart, runs, instructions }: Omit<Profile, "toString">): string {
  const order = instructions.map((_, i) => i).sort((a, b) => instructions[b]!.seconds - instructions[a]!.seconds);
  const shown = order.slice(0, MOST_LINES).sort((a, b) => a - b);
  const rest = order.slice(MOST_LINES).reduce((sum, i) => sum + instructions[i]!.seconds, 0);
  const rows = shown.map((i) => {
    const x = instructions[i]!;
    const most = x.isAtMost ? "≤ " : "";
    const [flops, bytes] = [rate(2 * x.multiplyAdds, x.seconds), rate(x.bytes, x.seconds)];
    return [
      ...[String(i), micro(x.seconds), `${(100 * x.share).toFixed(1)}%`, flops && most + flops, bytes && most + bytes],
      ...[cut(x.text, MOST_WORDS), cut(x.computes, MOST_WORDS)],
    ];
  });
  const head = ["", "µs", "share", "GFLOP/s", "GB/s", "instruction", "computes"];
  const widths = head.map((title, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length), title.length));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i < 5 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [
    `a call takes ${micro(seconds)} µs; its ${counted(instructions.length, "instruction")}, one by one, ${micro(secondsApart)} µs (medians of ${counted(runs, "run")})`,
    ...[head, ...rows].map(line),
    ...(order.length > MOST_LINES
      ? [`${counted(order.length - MOST_LINES, "instruction")} more: ${micro(rest)} µs`]
      : []),
  ].join("\n");
}
