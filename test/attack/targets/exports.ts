import type { NdArray } from "../../../src/graph/index.ts";
import type { Model, Params } from "../../../src/models/model.ts";
import type { Draws } from "../draws.ts";
import { ofImages, ofNumbers, ofSequences } from "../networks.ts";
import type { Heaviside, Target } from "./target.ts";

/** As far as the package onnxruntime-node is used here. */
export interface Runtime {
  readonly InferenceSession: {
    create(
      bytes: Uint8Array,
      options: object,
    ): Promise<{
      run(
        feeds: object,
      ): Promise<Readonly<Record<string, { readonly data: ArrayLike<number>; readonly dims: readonly number[] }>>>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: string, data: Float32Array | Int32Array, dims: readonly number[]) => object;
}

/** The runtime where it is installed (`npm ci --prefix test/onnx`), in one thread. */
export async function loadRuntime(name = "onnxruntime-node"): Promise<Runtime> {
  const module = await import(name);
  const loaded = module.default ?? module;
  // That of WebAssembly starts workers otherwise.
  if (loaded.env?.wasm) loaded.env.wasm.numThreads = 1;
  return loaded;
}

/** Distance of predictions, relative to those above 1. */
const NEAR = 1e-5;
/** Examples of a case. */
const ROWS = 5;

type Arrays = readonly (Float32Array | Int32Array)[];

function drawn(heaviside: Heaviside, draws: Draws): Model {
  const classes = 2 + draws.below(12);
  const kind = draws.below(3);
  const side = () => 4 + draws.below(5);
  if (kind === 0) return ofNumbers(heaviside, draws, 1 + draws.below(60), classes) as Model;
  if (kind === 1) return ofImages(heaviside, draws, [side(), side(), 1 + draws.below(4)], classes) as Model;
  return ofSequences(heaviside, draws, [1 + draws.below(7), 1 + draws.below(4)], classes) as Model;
}

/** The first parameters, each changed, so that none is 0 or 1; what is a variance stays above 0. */
export function parameters({ array }: Heaviside, model: Model, draws: Draws) {
  return model.init(draws.below(1000)).params.map((layer, row) =>
    Object.fromEntries(
      Object.entries(layer).map(([name, { data, shape }]) => {
        const { byRule } = model.layers[row]!.parameters.find((own) => own.name === name)!;
        const shift = byRule ? 0 : 0.5;
        const changed = Float32Array.from(data, (x) => x * (0.5 + draws.share()) + 0.2 * (draws.share() - shift));
        return [name, array(changed, { shape })];
      }),
    ),
  );
}

/**
 * Compares a network with what it is exported as: the deterministic readout of its ONNX file in each runtime, and that of its script, are those of the
 * reference. Where a unit decides, a rounding may make another example of it: one whose prediction jumps when its numbers change in the sixth digit isn't
 * compared. Gives in words whether all examples were.
 */
export async function agreement(heaviside: Heaviside, runtimes: Readonly<Record<string, Runtime>>) {
  const backend = await heaviside.backend("reference");
  return async (model: Model, params: Params<NdArray>, draws: Draws): Promise<string> => {
    const predict = await heaviside.predictor(heaviside.save({ model, params }), { backend });
    const { spec } = predict;
    const arrays = examples(spec, draws);
    const found: Record<string, number[][]> = {};
    const file = heaviside.toOnnx({ model, params });
    for (const [name, runtime] of Object.entries(runtimes)) {
      const theirs = await inRuntime(runtime, file, spec, arrays);
      found[name] = flat(spec, (row, output) => rowOf(theirs[output]!.data, row));
    }
    const scripted = await inScript(heaviside.toScript({ model, params }, { language: "javascript" }), spec, arrays);
    found["the script"] = flat(spec, (row, output) => valuesIn(scripted[row] as Predicted, output));
    const [wanted, above, below] = [1, 1 + 1e-6, 1 - 1e-6].map((factor) => {
      const given = arrays.map((array) => (array instanceof Float32Array ? array.map((x) => x * factor) : array));
      const predictions = predict.batch(batchOf(spec, given) as never) as readonly Predicted[];
      return flat(spec, (row, name) => valuesIn(predictions[row]!, name));
    }) as [number[][], number[][], number[][]];
    let compared = 0;
    for (let row = 0; row < ROWS; row++) {
      const jumps = distance(wanted[row]!, above[row]!) > NEAR || distance(wanted[row]!, below[row]!) > NEAR;
      if (jumps) continue;
      compared++;
      for (const [form, numbers] of Object.entries(found)) {
        const off = distance(wanted[row]!, numbers[row]!);
        if (!(off <= NEAR))
          throw new Error(
            `${JSON.stringify(model.config)}: example ${row} in ${form} is off by ${off}: ${numbers[row]} for ${wanted[row]}`,
          );
      }
    }
    return compared === ROWS ? "agree" : compared > 0 ? "agree but for examples at a jump" : "at a jump";
  };
}

/** Runs a network's file that samples: throws where a runtime gives other shapes than a prediction has, or what is no number. */
export async function sampled(
  { backend, predictor, save, toOnnx }: Heaviside,
  runtimes: Readonly<Record<string, Runtime>>,
  model: Model,
  params: Params<NdArray>,
  draws: Draws,
): Promise<void> {
  const { spec } = await predictor(save({ model, params }), { backend: await backend("reference") });
  const arrays = examples(spec, draws);
  const file = toOnnx({ model, params }, { sample: true });
  for (const [form, runtime] of Object.entries(runtimes)) {
    const results = await inRuntime(runtime, file, spec, arrays);
    for (const { name, shape } of spec.outputs) {
      const { data, dims } = results[name]!;
      const length = ROWS * shape.reduce((product, n) => product * n, 1);
      const isWhole = `${dims}` === `${[ROWS, ...shape]}` && data.length === length;
      if (!isWhole || !Array.from(data).every((number) => Number.isFinite(Number(number))))
        throw new Error(`${JSON.stringify(model.config)}: ${name} in ${form} is [${dims}]: ${Array.from(data)}`);
    }
  }
}

/** Drawn networks, each compared with what it is exported as. */
export const exports = async ({
  heaviside,
  runtimes,
}: Parameters<Target>[0] & { readonly runtimes?: Readonly<Record<string, Runtime>> }) => {
  const compare = await agreement(heaviside, runtimes ?? { ONNX: await loadRuntime() });
  return (draws: Draws) => {
    const model = drawn(heaviside, draws);
    return compare(model, parameters(heaviside, model, draws), draws);
  };
};

/** Numbers of the kind that a network reads, [ROWS, …] for each of its inputs. */
const examples = ({ inputs }: Spec, draws: Draws): Arrays =>
  inputs.map(({ shape, dtype, range }) => {
    const length = ROWS * shape.reduce((product, n) => product * n, 1);
    const [low, high] = range ?? [0, 1];
    return dtype === "int32"
      ? Int32Array.from({ length }, () => low + draws.below(high - low + 1))
      : Float32Array.from({ length }, () => 2 * draws.share() - 1);
  });

/** An example of an input as `predict` takes it. */
const exampleOf = (shape: readonly number[], array: Arrays[number], row: number): number | number[] =>
  shape.length === 0 ? rowOf(array, row)[0]! : rowOf(array, row);

/** The examples as a predictor takes them: a list, or lists by name. */
function batchOf({ inputs }: Spec, arrays: Arrays): unknown {
  const lists = inputs.map(({ name, shape }, i) => {
    const list = Array.from({ length: ROWS }, (_, row) => exampleOf(shape, arrays[i]!, row));
    return [name, list] as const;
  });
  return lists.length === 1 ? lists[0]![1] : Object.fromEntries(lists);
}

async function inRuntime({ InferenceSession, Tensor }: Runtime, file: Uint8Array, { inputs }: Spec, arrays: Arrays) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds = inputs.map(({ name, shape, dtype }, i) => [name, new Tensor(dtype, arrays[i]!, [ROWS, ...shape])]);
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return results;
}

async function inScript(script: string, { inputs }: Spec, arrays: Arrays): Promise<unknown[]> {
  const program = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);
  return Array.from({ length: ROWS }, (_, row) => {
    const own = inputs.map(({ name, shape }, i) => [name, exampleOf(shape, arrays[i]!, row)] as const);
    return program.predict(inputs.length === 1 ? own[0]![1] : Object.fromEntries(own));
  });
}

const rowOf = (data: ArrayLike<number>, row: number): number[] => {
  const size = data.length / ROWS;
  return Array.from({ length: size }, (_, i) => Number(data[row * size + i]));
};

type Spec = Awaited<ReturnType<Heaviside["predictor"]>>["spec"];
type Predicted = { gates?: readonly { layer: string; open: readonly number[]; blocks: number }[] } & Readonly<
  Record<string, unknown>
>;

/** The numbers of each example in one list. */
function flat({ outputs, gates }: Spec, of: (row: number, name: string) => number[]): number[][] {
  return Array.from({ length: ROWS }, (_, row) => [
    ...outputs.flatMap(({ name }) => of(row, name)),
    ...gates.flatMap(({ layer }) => of(row, `gates.${layer}`).map((gate) => Number(gate !== 0))),
  ]);
}

/** The numbers of a prediction by an output's name; of gates 1 where one is open. */
function valuesIn(prediction: Predicted, name: string): number[] {
  const gates = prediction.gates?.find(({ layer }) => name === `gates.${layer}`);
  if (gates) return Array.from({ length: gates.blocks }, (_, k) => Number(gates.open.includes(k)));
  const value = prediction[name] as number | Float32Array | { data: Float32Array };
  return typeof value === "number" ? [value] : [...("data" in value ? value.data : value)];
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce(
    (most, x, i) => Math.max(most, Math.abs(x - b[i]!) / Math.max(1, Math.abs(x))),
    a.length === b.length ? 0 : Number.NaN,
  );
