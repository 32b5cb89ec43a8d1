import { encode } from "../backends/engine/encode.ts";
import { NdArray, type Tensor } from "../graph/index.ts";
import type { Model } from "../models/model.ts";
import { plan } from "../plan/planner.ts";
import { PROGRAMS } from "../plan/program-version.ts";
import { inputTensors, noiseInputs, outputsOf, placeholders, predictions } from "./program.ts";
import { CALL_ROWS, type PredictionSpec, type Reading } from "./spec.ts";

/** A program planned for the WebAssembly kernels, as JSON; its words and constants are arrays of the file. */
export interface StoredProgram {
  readonly reading: Reading;
  readonly rows: number;
  /** The array of its words, int32. */
  readonly words: string;
  /** Elements of its intermediate results, and of its constants together. */
  readonly arena: number;
  readonly constantSize: number;
  readonly constants: readonly { readonly offset: number; readonly array: string }[];
  /** Where each output lies: a buffer (0: intermediate results, 1: constants, 2 + i: input i) and an offset in elements. */
  readonly outputs: readonly { readonly buffer: number; readonly offset: number }[];
}

/** All programs of a model. Their inputs are the parameters in this order, the two numbers of the noise, and the inputs of the spec. */
export interface StoredPrograms {
  /** The version of the kernels' programs. */
  readonly version: number;
  readonly spec: PredictionSpec;
  /** Names of arrays; of those held by unit, [K, 1, in], the file has [in, K]. */
  readonly parameters: readonly { readonly array: string; readonly byUnit?: true }[];
  readonly programs: readonly StoredProgram[];
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Kernels as far as a plan depends on them. The scratch of a matrix product is at most its packed left operand. */
const kernels = {
  kind: "wasm",
  gemmScratch: (m: number, _: number, k: number): number => roundUp(m, 16) * roundUp(k, 32),
} as const;

/**
 * Programs of a network for heaviside/inference, which plans nothing itself.
 * @returns what describes them, and their arrays by name
 */
export function storedPrograms(model: Model, spec: PredictionSpec, nameOf: (row: number, name: string) => string) {
  const readings: Reading[] = spec.deterministic ? ["deterministic"] : [];
  if (model.stochastic || model.thresholds.length > 0 || !spec.deterministic) readings.push("stochastic");
  const arrays = new Map<string, NdArray>();
  const programs = readings.flatMap((reading) =>
    CALL_ROWS.map((rows) => storedProgram(model, spec, { reading, rows }, arrays)),
  );
  const parameters = model.layers.flatMap((layer, row) =>
    layer.parameters.map(({ name, stored }) => ({
      array: nameOf(row, name),
      ...(stored === "by input" && { byUnit: true as const }),
    })),
  );
  const described: StoredPrograms = { version: PROGRAMS, spec, parameters, programs };
  return { described, arrays };
}

function storedProgram(
  model: Model,
  spec: PredictionSpec,
  { reading, rows }: { reading: Reading; rows: number },
  arrays: Map<string, NdArray>,
): StoredProgram {
  const params = placeholders(model);
  const noise = noiseInputs();
  const inputs = inputTensors(spec, rows);
  const outputs = outputsOf(predictions(model, reading, params, noise, inputs));
  const given = (resident: boolean) => (tensor: Tensor) => ({ name: "", tensor, resident });
  const made = plan(
    {
      inputs: [
        ...params.flatMap((layer) => Object.values(layer)).map(given(true)),
        ...[...noise, ...inputs].map(given(false)),
      ],
      outputs,
      updates: [],
    },
    kernels,
  );
  const name = `programs.${reading}.${rows}`;
  const words = encode(made.instructions);
  arrays.set(`${name}.words`, new NdArray(words, [words.length]));
  return {
    ...{ reading, rows, words: `${name}.words`, arena: made.arena, constantSize: made.constantSize },
    constants: made.constants.map(({ offset, data }, i) => {
      arrays.set(`${name}.constants.${i}`, data);
      return { offset, array: `${name}.constants.${i}` };
    }),
    outputs: made.outputs.map(({ at: { buffer, offset } }) => ({ buffer, offset })),
  };
}
