import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../src/errors.ts";
import { subjects, subjectsUsage } from "./subjects/index.ts";
import { ceilings } from "./workloads/ceiling.ts";
import { parseElementwise } from "./workloads/elementwise.ts";
import { parseGemm } from "./workloads/gemm.ts";
import { positiveInteger } from "./workloads/sizes.ts";
import { parseTrainingStep } from "./workloads/training-step.ts";
import type { Task } from "./workloads/workload.ts";

export const usage = `npm run bench -- [workload [size ...]] [options]

workloads, with an example of a size; without a size, the usual ones; without a workload, all of them
  gemm 96x1500x700                 matrix product, M x K x N
  step 784-1200-800-10             training step of a dense network: forward, backward, momentum
  stochastic 784-1200-800-10       the same with sigmoid units that fire at random, straight-through
  elementwise 1000000              sigmoid, and uniform draws
  ceiling                          what the machine can do at best

subjects, one at a time, with an example of their arguments
${subjectsUsage}

options
  --batch N        examples in a step (100); a size may have its own: 784-3000-10:37
  --input N, --blocks N, --width N, --output N, --density D
                   sizes of conditional's layer and the share of its blocks that is open; lists such as 0.1,0.05 are all measured
  --batch N, --length N, --input N, --units N, --cell NAME
                   sizes of recurrent's layer, lists as above, and its cell
  --image 28x28x1, --channels 32,64, --size N
                   conv's images, its features one convolution after the other, and the rows and columns of their windows
  --activity D     shares of spiking's units that fire in a step
  --threads 1,2    thread counts to measure
  --backend A,B    backends to measure (native, where it is built, and wasm)
  --peers          PyTorch, onnxruntime, jax-js and tfjs in the same rounds
  --python PATH    an interpreter that has PyTorch (python3)
  --seconds S      length of one measurement (0.5)
  --rounds R       measurements of each, taken in turns (5)
  --json FILE      rows {workload, engine, threads, value, unit, values, machine, ...}
  --help           this text`;

export interface Options {
  tasks: Task[];
  threads: number[];
  backends: string[];
  /** Whether they were named: then each must run. */
  backendsAsked: boolean;
  peers: boolean;
  python?: string;
  seconds: number;
  rounds: number;
  json?: string;
  help: boolean;
  /** The command line that says the same. */
  command: string;
}

interface Family {
  sizes: readonly string[];
  parse(size: string, batch: number): Task[];
}

const hidden2000 = "784-2000-2000-10";
/** Sizes of steps that nothing was tuned for. */
const others = ["784-3000-10:37", "300-500-500-500-7:250", "1000-700-300-20:64"];

/** `784-3000-10:37` has a batch of its own. */
function stepOf(size: string, batch: number, stochastic: boolean): Task {
  const at = size.indexOf(":");
  if (at < 0) return parseTrainingStep(size, batch, stochastic);
  return parseTrainingStep(
    size.slice(0, at),
    positive("the batch behind a size's colon", size.slice(at + 1)),
    stochastic,
  );
}

/** Each workload of the command line and its usual sizes. */
const families: Record<string, Family> = {
  gemm: { sizes: ["100x784x2000", "256x1024x1024", "1024x1024x1024"], parse: (size) => [parseGemm(size)] },
  step: { sizes: [hidden2000, ...others], parse: (size, batch) => [stepOf(size, batch, false)] },
  stochastic: { sizes: [hidden2000], parse: (size, batch) => [stepOf(size, batch, true)] },
  elementwise: { sizes: ["1000000"], parse: parseElementwise },
};

/** Options whose values only some workloads and subjects have a use for. */
export const listOptions = [
  "batch",
  "length",
  "input",
  "units",
  "blocks",
  "width",
  "output",
  "density",
  "activity",
  "image",
  "channels",
  "size",
] as const;

/** Throws UserError for whatever doesn't fit. `cores` decides the usual thread counts. */
export function parseArguments(args: readonly string[], cores: number): Options {
  const given = split(args);
  // With help nothing else is read: not even what would not fit.
  const { values, positionals } = given.values.help ? split(["--help"]) : given;
  const [workload, ...sizes] = positionals;
  const batch = values.batch === undefined ? 100 : positive("--batch", values.batch);
  if (values.batch !== undefined && workload !== undefined && !["step", "stochastic"].includes(workload)) {
    throw new UserError(`--batch belongs to step and stochastic; received with ${workload}`);
  }
  for (const option of [...listOptions, "cell"] as const)
    if (option !== "batch" && values[option] !== undefined)
      throw new UserError(`--${option} belongs to ${takers(option)}; received with ${workload ?? "every workload"}`);
  const options: Options = {
    tasks: tasksOf(workload, sizes, batch),
    threads: values.threads === undefined ? (cores > 1 ? [1, 2] : [1]) : threadCounts(values.threads),
    backends: values.backend === undefined ? ["native", "wasm"] : backendNames(values.backend),
    backendsAsked: values.backend !== undefined,
    peers: values.peers ?? false,
    seconds: values.seconds === undefined ? 0.5 : seconds(values.seconds),
    rounds: values.rounds === undefined ? 5 : positive("--rounds", values.rounds),
    help: values.help ?? false,
    command: ["npm run bench --", ...args].join(" "),
  };
  if (values.python !== undefined) options.python = values.python;
  if (values.json !== undefined) options.json = writable(values.json);
  return options;
}

/** The subjects that take an option of their own. */
function takers(option: string): string {
  const taking = Object.entries(subjects).filter(([, { lists = {}, usual }]) => option in lists || option in usual);
  return taking.map(([name]) => name).join(" and ");
}

export function split(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        batch: { type: "string" },
        length: { type: "string" },
        input: { type: "string" },
        units: { type: "string" },
        blocks: { type: "string" },
        width: { type: "string" },
        output: { type: "string" },
        density: { type: "string" },
        activity: { type: "string" },
        image: { type: "string" },
        channels: { type: "string" },
        size: { type: "string" },
        cell: { type: "string" },
        threads: { type: "string" },
        backend: { type: "string" },
        peers: { type: "boolean" },
        python: { type: "string" },
        seconds: { type: "string" },
        rounds: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    // The first sentence names the option; the rest explains how to pass words that look like one.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UserError(`${sentence?.replace(/\.$/, "")}; --help shows what there is`);
  }
}

function tasksOf(workload: string | undefined, sizes: string[], batch: number): Task[] {
  const usual = (family: Family) => family.sizes.flatMap((size) => family.parse(size, batch));
  if (workload === undefined) return [...Object.values(families).flatMap(usual), ...ceilings];
  if (workload === "ceiling") {
    if (sizes.length > 0) throw new UserError(`ceiling takes no size; received ${sizes.join(" ")}`);
    return [...ceilings];
  }
  const family = Object.hasOwn(families, workload) ? families[workload] : undefined;
  if (!family) {
    const names = [...Object.keys(families), "ceiling"].join(", ");
    throw new UserError(`a workload is one of ${names}; received ${workload}`);
  }
  return sizes.length === 0 ? usual(family) : sizes.flatMap((size) => family.parse(size, batch));
}

export function positive(option: string, text: string): number {
  const value = positiveInteger(text);
  if (value === 0) throw new UserError(`${option} takes a positive integer; received ${text}`);
  return value;
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!(text.trim() !== "" && value > 0 && value <= 600)) {
    throw new UserError(`--seconds takes a number above 0, at most 600; received ${text}`);
  }
  return value;
}

export function threadCounts(text: string): number[] {
  const counts = text.split(",").map(positiveInteger);
  if (counts.some((count) => count < 1 || count > 64)) {
    throw new UserError(`--threads takes counts from 1 to 64 such as 1,2; received ${text}`);
  }
  return [...new Set(counts)];
}

/** What names there are is the library's to say, when the engine starts. */
export function backendNames(text: string): string[] {
  const names = text.split(",");
  if (names.includes("")) throw new UserError(`--backend takes names such as native,wasm; received ${text}`);
  return [...new Set(names)];
}

/** Refused before anything is measured, not after. */
export function writable(file: string): string {
  const path = resolve(file);
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UserError(`--json needs a folder that can be written to; received ${file}`);
  }
  if (!statSync(folder).isDirectory() || statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`--json takes the name of a file in a folder; received ${file}`);
  }
  return path;
}
