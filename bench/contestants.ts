/** Who takes part in a run, as data: how each engine is started, and what its rows are called. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Options } from "./arguments.ts";
import type { EngineProgram } from "./protocol.ts";
import type { CeilingKind } from "./workloads/ceiling.ts";

/** own: our backends, whose rows carry the ratios to the peers. ceiling: the machine's limits, apart from the others. */
export type Role = "own" | "peer" | "ceiling";

export interface Entry {
  /** What its rows are called. */
  name: string;
  role: Role;
  threads: number;
  /** Which of the engine's forms runs. */
  variant: string;
  /** The limit that its arithmetic has; of a ceiling, the one that it measures. */
  ceiling?: CeilingKind;
  program: EngineProgram;
  /** Written in another language: inputs come to it as files. */
  foreign?: boolean;
  /** Where it cannot start, the others run without it. */
  optional?: boolean;
}

const engine = (file: string): EngineProgram => ({
  command: process.execPath,
  args: [
    "--conditions=@heaviside/source",
    "--import",
    "tsx",
    fileURLToPath(new URL(`engines/${file}.ts`, import.meta.url)),
  ],
});

const backendCeilings: Readonly<Record<string, CeilingKind>> = { native: "native", wasm: "wasm" };

type Asked = Readonly<Pick<Options, "backendsAsked">> & { backends: readonly string[]; threads: readonly number[] };

/** One entry for each backend and thread count that the arguments ask for. */
export function ownEntries({ backends, backendsAsked, threads }: Asked): Entry[] {
  return backends.flatMap((variant) => {
    const ceiling = backendCeilings[variant];
    return threads.map((count) => ({
      name: `heaviside ${variant}`,
      role: "own" as const,
      threads: count,
      variant,
      ...(ceiling && { ceiling }),
      program: engine("heaviside"),
      optional: !backendsAsked,
    }));
  });
}

/**
 * The other libraries. Those that use threads run with each count asked for; PyTorch with a step written by hand only
 * with the most. `python` is the interpreter that has PyTorch, if there is one.
 */
export function peerEntries({ threads }: Pick<Asked, "threads">, python: string | undefined): Entry[] {
  const peer = { role: "peer", optional: true } as const;
  const onnxruntime = threads.map((count) => ({
    ...{ ...peer, name: "onnxruntime-node", threads: count, variant: "" },
    ...{ ceiling: "native" as const, program: engine("onnxruntime") },
  }));
  const javascript = [
    { name: "jax-js", variant: "", program: engine("jax-js") },
    { name: "tfjs-wasm", variant: "wasm", program: engine("tfjs") },
  ].map((each) => ({ ...peer, ...each, threads: 1, ceiling: "wasm" as const }));
  return [...(python === undefined ? [] : pytorchEntries(threads, python)), ...onnxruntime, ...javascript];
}

/** What only recurrent layers are compared with: ONNX Runtime in WebAssembly, and tfjs in plain JavaScript. */
export function furtherPeerEntries({ threads }: Pick<Asked, "threads">): Entry[] {
  const peer = { role: "peer", optional: true } as const;
  return [
    ...threads.map((count) => ({
      ...{ ...peer, name: "onnxruntime-web", threads: count, variant: "", program: engine("onnxruntime-web") },
    })),
    { ...peer, name: "tfjs-cpu", threads: 1, variant: "cpu", program: engine("tfjs") },
  ];
}

function pytorchEntries(threads: readonly number[], python: string): Entry[] {
  const shared = { role: "peer", ceiling: "native", foreign: true, optional: true } as const;
  const program = (count: number) => pytorchProgram(python, count);
  const most = Math.max(...threads);
  return [
    ...threads.map((count) => ({
      ...{ ...shared, name: "PyTorch", threads: count, variant: "autograd" },
      program: program(count),
    })),
    { ...shared, name: "PyTorch by hand", threads: most, variant: "by hand", program: program(most) },
  ];
}

/** PyTorch's engine on so many threads. */
export function pytorchProgram(python: string, threads: number): EngineProgram {
  const args = [fileURLToPath(new URL("engines/pytorch.py", import.meta.url))];
  return { command: python, args, env: tunedEnvironment(threads) };
}

/** Debian's OpenBLAS that shares PyTorch's OpenMP threads, where it is installed; with threads of its own it fights them. */
function tunedEnvironment(threads: number): Record<string, string> {
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const folder = `/usr/lib/${machine}-linux-gnu/openblas-openmp`;
  const env: Record<string, string> = { OMP_NUM_THREADS: `${threads}` };
  if (existsSync(folder)) env.LD_LIBRARY_PATH = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return env;
}

/** The machine's limits on each thread count: of native code, of WebAssembly, of the memory. */
export function ceilingEntries(threads: Iterable<number>): Entry[] {
  return (["native", "wasm", "memory"] as const).flatMap((kind) =>
    [...new Set(threads)].map((count) => ({
      name: `ceiling ${kind}`,
      role: "ceiling" as const,
      threads: count,
      variant: kind,
      ceiling: kind,
      program: engine("ceiling"),
      optional: kind === "native",
    })),
  );
}

/** The first interpreter that has PyTorch; the one asked for is the only one that is looked at. */
export function findPython(asked: string | undefined): string | undefined {
  const candidates = asked === undefined ? ["python3", "/usr/bin/python3"] : [asked];
  const probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
  return candidates.find((python) => spawnSync(python, ["-c", probe], { stdio: "ignore" }).status === 0);
}

export const howToGetPyTorch = (asked: string | undefined): string =>
  `PyTorch is left out: ${asked ?? "no Python here"} doesn't have it; apt-get install python3-torch libopenblas0-openmp, or name one with --python`;
