import type { Model } from "../../../src/models/model.ts";
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

/** The runtime where it is installed (`npm ci --prefix test/onnx`). */
export async function loadRuntime(name = "onnxruntime-node"): Promise<Runtime> {
  const loaded = await import(name);
  return loaded.default ?? loaded;
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

/** First parameters, each changed, so that none is 0 or 1; what is a variance stays above 0. */
function parameters({ array }: Heaviside, model: Model, draws: Draws) {
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
 * Drawn networks as ONNX and as a script: the deterministic readout of ONNX Runtime, and that of the script, are those of the reference. Where a unit decides, a rounding may make another example of
 * it: one whose prediction jumps when its numbers change in the sixth digit isn't compared.
 */
export const exports = async ({ heaviside, runtime }: Parameters<Target>[0] & { readonly runtime?: Runtime }) => {
  const { InferenceSession, Tensor } = runtime ?? (await loadRuntime());
  const backend = await heaviside.backend("reference");
  return async (draws: Draws) => {
    const model = drawn(heaviside, draws);
    const params = parameters(heaviside, model, draws);
    const predict = await heaviside.predictor(heaviside.save({ model, params }), { backend });
    const { inputs } = predict.spec;
    const arrays: Arrays = inputs.map(({ shape, dtype, range }) => {
      const length = ROWS * shape.reduce((product, n) => product * n, 1);
      const [low, high] = range ?? [0, 1];
      return dtype === "int32"
        ? Int32Array.from({ length }, () => low + draws.below(high - low + 1))
        : Float32Array.from({ length }, () => 2 * draws.share() - 1);
    });
    const ours = (given: Arrays) => {
      const examples = given.map((array, i) =>
        Array.from({ length: ROWS }, (_, row) => {
          const own = rowOf(array, row);
          return inputs[i]!.shape.length === 0 ? own[0] : own;
        }),
      );
      const byName = Object.fromEntries(inputs.map(({ name }, i) => [name, examples[i]]));
      return predict.batch((inputs.length === 1 ? examples[0] : byName) as never);
    };
    const session = await InferenceSession.create(heaviside.toOnnx({ model, params }), { logSeverityLevel: 3 });
    const feeds = inputs.map(({ name, shape, dtype }, i) => [name, new Tensor(dtype, arrays[i]!, [ROWS, ...shape])]);
    const theirs = await session.run(Object.fromEntries(feeds));
    await session.release();
    const script = heaviside.toScript({ model, params }, { language: "javascript" });
    const program = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);
    const scripted = Array.from({ length: ROWS }, (_, row) => {
      const own = arrays.map((array, i) => (inputs[i]!.shape.length === 0 ? rowOf(array, row)[0]! : rowOf(array, row)));
      const named = Object.fromEntries(inputs.map(({ name }, i) => [name, own[i]]));
      return program.predict(inputs.length === 1 ? own[0] : named);
    });
    const changed = (factor: number): Arrays =>
      arrays.map((array) => (array instanceof Float32Array ? array.map((x) => x * factor) : array));
    const found = {
      ONNX: flat(predict.spec, (row, name) => rowOf(theirs[name]!.data, row)),
      "the script": flat(predict.spec, (row, name) => valuesIn(scripted[row], name)),
    };
    const [wanted, above, below] = [arrays, changed(1 + 1e-6), changed(1 - 1e-6)].map((given) => {
      const predictions = ours(given);
      return flat(predict.spec, (row, name) => valuesIn(predictions[row] as never, name));
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
};

const rowOf = (data: ArrayLike<number>, row: number): number[] => {
  const size = data.length / ROWS;
  return Array.from({ length: size }, (_, i) => Number(data[row * size + i]));
};

type Spec = Awaited<ReturnType<Heaviside["predictor"]>>["spec"];

/** The numbers of each example in one list. */
function flat({ outputs, gates }: Spec, of: (row: number, name: string) => number[]): number[][] {
  return Array.from({ length: ROWS }, (_, row) => [
    ...outputs.flatMap(({ name }) => of(row, name)),
    ...gates.flatMap(({ layer }) => of(row, `gates.${layer}`).map((gate) => Number(gate !== 0))),
  ]);
}

/** The numbers of a prediction by an output's name; of gates 1 where one is open. */
function valuesIn(
  prediction: { gates?: readonly { layer: string; open: readonly number[]; blocks: number }[] } & Record<string, never>,
  name: string,
) {
  const gates = prediction.gates?.find(({ layer }) => name === `gates.${layer}`);
  if (gates) return Array.from({ length: gates.blocks }, (_, k) => Number(gates.open.includes(k)));
  const value = prediction[name] as unknown as number | Float32Array | { data: Float32Array };
  return typeof value === "number" ? [value] : [...("data" in value ? value.data : value)];
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce(
    (most, x, i) => Math.max(most, Math.abs(x - b[i]!) / Math.max(1, Math.abs(x))),
    a.length === b.length ? 0 : Number.NaN,
  );
