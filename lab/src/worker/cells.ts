// The station of neurons and cells: the library's own cells along sequences, and networks that it trained.
import "../../../src/graph/methods.ts";
import { referenceBackend } from "../../../src/backends/reference/reference.ts";
import { type CellConfig, cellFor } from "../../../src/cells/index.ts";
import { biasOfRate } from "../../../src/cells/leak.ts";
import { watchCell } from "../../../src/cells/watch.ts";
import { compile } from "../../../src/compile/compile.ts";
import { timeConstantOf } from "../../../src/experiments/neurons/observe.ts";
import { generate } from "../../../src/generate/generate.ts";
import { NdArray, type Tensor } from "../../../src/graph/index.ts";
import type { Params } from "../../../src/models/model.ts";
import { type LoadedModel, loadModel } from "../../../src/predict/load-model.ts";
import { key } from "../../../src/random/index.ts";
import { pause } from "../../../src/train/pause.ts";
import type {
  CellsAnswer,
  CellsQuestion,
  Gates,
  GatesQuestion,
  SpikingTrace,
  Strokes,
  StrokesQuestion,
  Traces,
  TracesQuestion,
} from "./cells-messages.ts";

const backend = referenceBackend();

type Numbers = Readonly<Record<string, Float32Array>>;
type Named = Readonly<Record<string, NdArray>>;

/** All that a cell computes along one sequence [1, T, I], by name, [T · width] each. */
function watch(config: CellConfig, units: number, params: Named, x: NdArray): Numbers {
  const cell = cellFor(config, { inputs: x.shape.at(-1)!, units });
  const program = compile(
    (own: Params<Tensor>[number], rows: Tensor) => {
      const { state, neurons, values } = watchCell(cell, own, rows);
      return { ...values, ...neurons, ...state };
    },
    { backend },
  );
  return Object.fromEntries(
    Object.entries(program(params, x)).map(([name, { data }]) => [name, Float32Array.from(data)]),
  );
}

/** One unit whose current is the first input, and whose rate the second one sets where it isn't fixed. */
function unit(config: CellConfig, { tau, longer, input, context }: TracesQuestion): Numbers {
  const cell = cellFor(config, { inputs: 2, units: 1 });
  const set: Readonly<Record<string, readonly number[]>> = {
    "current.input": [1, 0],
    "rate.input": [0, biasOfRate(tau * longer) - biasOfRate(tau)],
  };
  const first = cell.init(key(0));
  const params = Object.fromEntries(
    Object.entries(first).map(([name, own]) => [
      name,
      set[name] ? new NdArray(Float32Array.from(set[name]), own.shape) : own,
    ]),
  );
  const rows = Float32Array.from({ length: 2 * input.length }, (_, i) => (i % 2 === 0 ? input : context)[i >> 1]!);
  return watch(config, 1, params, new NdArray(rows, [1, input.length, 2]));
}

function traces(question: TracesQuestion): Traces {
  const { tau, threshold, adaptation, spikingToo } = question;
  const leaky = { name: "leaky", recurrent: false, activation: "linear", tau } as const;
  const timeConstant = spikingToo ? "modulated" : "fixed";
  const spikes = { recurrent: false, decayInput: true, tau, timeConstant, threshold } as const;
  const spiking = (config: CellConfig): SpikingTrace => {
    const { V, spike, ...values } = unit(config, question);
    return { voltage: V!, spikes: spike!, threshold: (values["\\theta_t"] ?? values["\\theta"])! };
  };
  const { V, rate } = unit({ ...leaky, timeConstant: "modulated" }, question);
  return {
    kind: "traces",
    fixed: unit(leaky, question).V!,
    modulated: V!,
    time: rate!.map((r) => 1 / r),
    lif: spiking({ name: "lif", ...spikes }),
    alif: spiking({ name: "alif", ...spikes, adaptation, adaptationTau: 50 }),
  };
}

const files = new Map<string, Promise<LoadedModel>>();
/** The network of a file, which is fetched once. */
function networkAt(url: string): Promise<LoadedModel> {
  const fetched = async (): Promise<LoadedModel> => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} isn't there (${response.status})`);
    return loadModel(await response.arrayBuffer(), { name: url });
  };
  const network = files.get(url) ?? fetched();
  files.set(url, network);
  network.catch(() => files.delete(url));
  return network;
}

async function gates({ url, x: rows }: GatesQuestion): Promise<Gates> {
  const { model, params } = await networkAt(url);
  const steps = rows.length / 2;
  const x = new NdArray(rows, [1, steps, 2]);
  const { stages } = model.config as {
    readonly stages: readonly { readonly cell: CellConfig; readonly units: number }[];
  };
  const { cell, units } = stages[0]!;
  const predict = compile((own: Params<Tensor>, x: Tensor) => model.output(own, x, "deterministic", key(0)), {
    backend,
  });
  const of = watch(cell, units, params[0]!, x);
  const weights = Object.entries(params[0]!).filter(([name]) => name.endsWith(".input"));
  return {
    ...{ kind: "gates", steps, units },
    parameters: params.flatMap((layer) => Object.values(layer)).reduce((sum, { data }) => sum + data.length, 0),
    ...{ of, time: of.forget!.map(timeConstantOf) },
    weights: Object.fromEntries(
      weights.map(([name, { data }]) => [name.slice(0, -".input".length), Float32Array.from(data)]),
    ),
    prediction: predict(params, x).data[0]!,
  };
}

async function strokes({ url, seed, bias, count, steps }: StrokesQuestion): Promise<Strokes> {
  const { model, params } = await networkAt(url);
  const { rows } = await generate(model, params, { seed, bias, count, steps, backend });
  const each = steps * rows.shape[2]!;
  return {
    ...{ kind: "strokes", seed, bias, steps },
    rows: Array.from({ length: count }, (_, i) => Float32Array.from(rows.data.subarray(i * each, (i + 1) * each))),
  };
}

const answer = (question: CellsQuestion): CellsAnswer | Promise<CellsAnswer> => {
  if (question.kind === "traces") return traces(question);
  return question.kind === "gates" ? gates(question) : strokes(question);
};

/** Answers the latest question of each kind. */
export function run(port: MessagePort): void {
  const waiting = new Map<CellsQuestion["kind"], CellsQuestion>();
  const working = new Set<CellsQuestion["kind"]>();
  const work = async (kind: CellsQuestion["kind"]): Promise<void> => {
    working.add(kind);
    for (let question = waiting.get(kind); question !== undefined; question = waiting.get(kind)) {
      waiting.delete(kind);
      try {
        port.postMessage(await answer(question));
      } catch (error) {
        port.postMessage({ kind: "error", message: error instanceof Error ? error.message : String(error) });
      }
      await pause();
    }
    working.delete(kind);
  };
  port.onmessage = ({ data }: MessageEvent<CellsQuestion>) => {
    waiting.set(data.kind, data);
    if (!working.has(data.kind)) void work(data.kind);
  };
}
