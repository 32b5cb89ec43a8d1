import type { Backend, Executable, Storage } from "../backends/backend.ts";
import { applications, dependencies, needed } from "../graph/evaluate.ts";
import { type NdArray, showSpec } from "../graph/ndarray.ts";
import { workOf as workOfOp } from "../graph/op.ts";
import type { Parts } from "../graph/part.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Work, workOf } from "../plan/instruction-work.ts";
import { showInstructions } from "../plan/show.ts";
import { counted, cut } from "../rules.ts";
import { median } from "../statistics/sample.ts";
import { type Arguments, type Compiled, TRACED } from "./compile.ts";
import { bytesOf } from "./memory-use.ts";

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
  /** In bytes: the arrays that it reads and those that it writes; one that it does both with counts twice. */
  readonly bytes: number;
  /** In bytes: the places that it touches; an array that it reads and writes in place counts once. */
  readonly footprint: number;
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

/** Seconds that a profile takes, beside a few first runs. */
const PROFILE_SECONDS = 0.5;

/**
 * Where the time of a call of a compiled function goes: it is run for about half a second, in one piece and instruction by
 * instruction. Nothing that the arguments hold is changed. `String(...)` of it is a table. Throws what the call throws.
 */
export function profile<A extends readonly unknown[], R>(step: Compiled<A, R>, ...args: Arguments<A, R>): Profile {
  const { executable, values, backend, parts } = step[TRACED](args);
  const stepwise = executable.stepwise();
  const steps = stepsOf(executable);
  const whole: number[] = [];
  const each = steps.map((): number[] => []);
  try {
    onCopies(backend, values, (copies) =>
      timedRuns(PROFILE_SECONDS, (counts) => {
        const seconds = timed(() => executable.run(copies));
        if (counts) whole.push(seconds);
        stepwise.run(copies, (dispatch, i) => {
          const seconds = timed(dispatch);
          if (counts) each[i]!.push(seconds);
        });
      }),
    );
  } finally {
    stepwise.free();
  }
  return profileOf({ seconds: whole, instructions: steps.map((own, i) => ({ ...own, seconds: each[i]! })) }, parts);
}

/** An instruction, or an op that is run as it is defined. */
interface Step {
  readonly text: string;
  /** The tensors that it computes, those within it too. */
  readonly tensors: readonly Tensor[];
  readonly work: Work;
}

function stepsOf({ plan, program }: Executable): Step[] {
  if (plan) {
    const lines = showInstructions(plan, program);
    return plan.instructions.map((x, i) => ({ text: lines[i]!, tensors: plan.origins[i]!, work: workOf(x) }));
  }
  const given = new Set(program.inputs.map(({ tensor }) => tensor));
  const wanted = [...program.outputs, ...program.updates.map((u) => u.value)];
  return applications(needed(wanted, given).filter((node) => !given.has(node))).map((call) => {
    const { op, outputs } = call;
    const bytes = [...dependencies(call), ...outputs].reduce((sum, x) => sum + bytesOf(x), 0);
    const work = {
      multiplyAdds: workOfOp(call)?.multiplyAdds ?? 0,
      steps: 0,
      bytes,
      footprint: bytes,
      isAtMost: false,
    };
    return { text: `${op.name} ${outputs.map(showSpec).join(", ")}`, tensors: outputs, work };
  });
}

/** Runs before the clock counts: memory is mapped, caches are filled, machine code is made. */
const WARM_UP = 2;
/** Runs that are timed at least, however long they take. */
const LEAST_RUNS = 5;

/** Calls `run` for about `seconds`, the first times with `counts` false. */
function timedRuns(seconds: number, run: (counts: boolean) => void): void {
  for (let i = 0; i < WARM_UP; i++) run(false);
  const until = performance.now() + 1000 * seconds;
  for (let i = 0; i < LEAST_RUNS || performance.now() < until; i++) run(true);
}

/** Seconds that a call takes. */
function timed(call: () => unknown): number {
  const from = performance.now();
  call();
  return (performance.now() - from) / 1000;
}

/** What `f` gives for values in whose stead copies of storages stand; one storage has one copy. */
function onCopies<T>(
  backend: Backend,
  values: readonly (Storage | NdArray)[],
  f: (copies: readonly (Storage | NdArray)[]) => T,
): T {
  const copies = new Map<Storage, Storage>();
  try {
    return f(
      values.map((value) => {
        if (!("backend" in value)) return value;
        const known = copies.get(value);
        if (known) return known;
        const copy = backend.allocate(value);
        copies.set(value, copy);
        backend.write(copy, backend.read(value));
        return copy;
      }),
    );
  } finally {
    for (const copy of copies.values()) backend.free(copy);
  }
}

/** Runs of a program, each in one piece and then instruction by instruction. */
interface ProgramRuns {
  readonly seconds: readonly number[];
  readonly instructions: readonly (Step & { readonly seconds: readonly number[] })[];
}

/** What the runs of a program come to; `parts` are what its tensors were made for. */
export function profileOf({ seconds, instructions }: ProgramRuns, parts: Parts): Profile {
  const medians = instructions.map((x) => median(x.seconds));
  const all = medians.reduce((sum, x) => sum + x, 0);
  const list = instructions.map((x, i): ProfiledInstruction => {
    const own = { seconds: medians[i]!, share: medians[i]! / all };
    return { text: x.text, computes: computesOf(x, parts), ...own, ...x.work };
  });
  const found = { seconds: median(seconds), secondsApart: all, runs: seconds.length, instructions: list };
  return { ...found, toString: () => table(found) };
}

/** "hidden1: matmul, add, relu", "derivative of hidden1: matmul", "the update: mul, sub". */
function computesOf({ tensors }: Step, parts: Parts): string {
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
