import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { TrainingStep } from "../workloads/training-step.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = (name: string): string => fileURLToPath(new URL(`startup/${name}`, import.meta.url));
const installed = fileURLToPath(new URL("../peers/package.json", import.meta.url));

const network: TrainingStep = { kind: "step", units: [784, 32, 10], batch: 1, stochastic: false };

/** The loss of the first step, the same in every program: they all start from the same weights. */
const LOSS = 2.302437;

/** Milliseconds of each phase, as the program says them, and of the whole process up to its answer. */
export async function phases(command: string, args: readonly string[]): Promise<Record<string, number>> {
  const begun = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (text) => {
    complaints = (complaints + text).slice(-2000);
  });
  const closed = once(child, "close");
  for await (const line of createInterface({ input: child.stdout })) {
    const whole = performance.now() - begun;
    await closed;
    const { loss, ...found } = JSON.parse(line);
    if (!(Math.abs(loss - LOSS) < 1e-4)) throw new Error(`${args[0]}: the first loss is ${loss}, not ${LOSS}`);
    return { ...found, "whole process": whole };
  }
  await closed;
  throw new Error(`${args[0]} gave no answer; it said:\n${complaints.trim()}`);
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(installed, "../node_modules", name, "package.json"), "utf8")).version;

/** ONNX Runtime's graph is made here, in a file: making it is no part of the start. */
async function peers(folder: string, threads: number, python: string | undefined): Promise<Lane[]> {
  // What encodes graphs is installed with the peers only.
  const { stateArrays, stepGraph } = await import("../engines/onnx-step.ts");
  const graph = join(folder, "step.onnx");
  writeFileSync(graph, stepGraph(network));
  const lane = (engine: string, note: string, count: number, command: string, ...args: string[]): Lane => ({
    ...{ engine, threads: count, note },
    take: () => phases(command, args),
  });
  const node = (engine: string, name: string, count: number, ...args: string[]) =>
    lane(engine, `${name} ${versionOf(name)}`, count, process.execPath, program(`${engine}.js`), installed, ...args);
  const state = JSON.stringify(stateArrays(network));
  return [
    node("jax-js", "@jax-js/jax", 1),
    node("tfjs-wasm", "@tensorflow/tfjs", 1),
    node("onnxruntime", "onnxruntime-node", threads, graph, state, `${threads}`),
    ...(python ? [lane("PyTorch", "eager", threads, python, program("pytorch.py"), `${threads}`)] : []),
  ];
}

/** From nothing to the first training step, each time in a fresh process. */
export const startup: Subject = {
  example: "startup --peers",
  about: "milliseconds from a fresh process to the first training step of 784-32-10, with the built package",
  usual: { backends: ["native", "wasm"], threads: [2], peers: false },
  async *contests({ backends, threads, peers: withPeers, python }, say): AsyncGenerator<Contest> {
    say("building the package");
    const { status } = spawnSync(process.execPath, ["scripts/build.js"], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error("startup: the package could not be built");
    const index = pathToFileURL(join(root, "dist/index.js")).href;
    const folder = mkdtempSync(join(tmpdir(), "heaviside-startup-"));
    try {
      const own = backends.flatMap((name) =>
        threads.map(
          (count): Lane => ({
            ...{ engine: `heaviside ${name}`, threads: count, note: "the built package" },
            take: () => phases(process.execPath, [program("heaviside.js"), index, name, `${count}`]),
          }),
        ),
      );
      const others = withPeers ? await peers(folder, Math.max(...threads), python) : [];
      yield { workload: "startup 784-32-10", unit: "ms", better: "less", lanes: [...own, ...others] };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
