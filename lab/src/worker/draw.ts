// The station that reads drawings: the library's predictor, as `heaviside predict` uses it.
import "../../../src/graph/methods.ts";
import type { Backend } from "../../../src/backends/backend.ts";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import { compile } from "../../../src/compile/compile.ts";
import { resident } from "../../../src/compile/resident.ts";
import { centredDigit } from "../../../src/data/images/centred.ts";
import { pixelsOf } from "../../../src/data/images/resize.ts";
import { UserError } from "../../../src/errors.ts";
import { NdArray, type Tensor } from "../../../src/graph/index.ts";
import type { Params } from "../../../src/models/model.ts";
import { encodePng } from "../../../src/plots/png.ts";
import { compiledRunner } from "../../../src/predict/compiled-runner.ts";
import { loadModel } from "../../../src/predict/load-model.ts";
import { inPasses, once } from "../../../src/predict/passes.ts";
import type { Values } from "../../../src/predict/prediction.ts";
import { specOf } from "../../../src/predict/program.ts";
import type { Runner } from "../../../src/predict/spec.ts";
import { key } from "../../../src/random/index.ts";
import { pause } from "../../../src/train/pause.ts";
import {
  type DrawAnswer,
  type DrawNews,
  type DrawRequest,
  type FiredLayer,
  type MisreadDigit,
  PASSES,
  type Picture,
  SHOWN,
} from "./draw-messages.ts";
import { inkOf, type Stroke } from "./pen.ts";
import { type TestDigits, testDigitsAt } from "./test-digits.ts";

/** Pixels along a side of an image. */
const SIDE = 28;
/** Test digits that are read between two looks at what the page wants. */
const AT_ONCE = 640;

/** Bytes as the values that the network reads, as those of a PNG file are read. */
const valuesOf = (pixels: Uint8Array): Float32Array =>
  pixelsOf(
    { width: SIDE, height: pixels.length / SIDE, channels: 1, white: 255, data: pixels },
    { colour: "grey" },
    {
      width: SIDE,
      height: pixels.length / SIDE,
    },
  );

/** Strokes where they were drawn, in the size of an image: they lie on a digit that has its place already. */
function inPlace(strokes: readonly Stroke[]): Uint8Array {
  const image = { ...inkOf(strokes), channels: 1, white: 255 } as const;
  const size = { width: SIDE, height: SIDE };
  return Uint8Array.from(pixelsOf(image, { colour: "grey", fit: "pad" }, size), (value) => Math.round(value * 255));
}

/** What the network sees of a picture; undefined where there is nothing on it. */
function pixelsIn({ digit, strokes }: Picture, digits: TestDigits): Uint8Array | undefined {
  if (digit === undefined) return strokes.length === 0 ? undefined : centredDigit(inkOf(strokes));
  const under = digits.pixels(digit);
  if (strokes.length === 0) return under;
  const over = inPlace(strokes);
  return under.map((value, at) => Math.max(value, over[at]!));
}

/** What the passes of one image gave, call by call. */
interface Kept {
  readonly outputs: (Float32Array | Int32Array)[][];
  readonly units: ArrayLike<number>[][];
}

/** All calls' rows of one array beside each other; what fills up the last call lies behind those that count. */
const joined = (calls: readonly (readonly ArrayLike<number>[])[], at: number): number[] =>
  calls.flatMap((call) => Array.from(call[at]!));

/** A network that reads pictures, and keeps of each pass what it said and which neurons fired. */
class Reader {
  readonly runner: Runner;
  /** Names of the classes. */
  readonly names: readonly string[];
  /** Whether passes can differ. */
  readonly stochastic: boolean;
  /** Where the probabilities are among the outputs. */
  readonly #probabilities: number;
  readonly #layers: readonly { readonly name: string; readonly units: number; readonly gates: boolean }[];
  #kept: Kept = { outputs: [], units: [] };

  constructor(file: Uint8Array, backend: Backend) {
    const { model, params, fields } = loadModel(file);
    const [width, height] = model.inputShape;
    if (width !== SIDE || height !== SIDE || model.head.kind !== "classes")
      throw new UserError(
        `draw: the network must read images of 28 × 28 pixels and say their class, it reads [${model.inputShape.join(", ")}] and ends in the head ${model.head.kind}`,
      );
    const spec = specOf(model, fields);
    const runner = compiledRunner(model, params, spec, { backend, end: async () => {} });
    const held = resident<Params<Tensor>>(params, { backend });
    const units = compile(
      (p: Params<Tensor>, seed: Tensor, place: Tensor, x: Tensor) =>
        model.hidden(p, x, "stochastic", key(0).fold(seed).fold(place)).map(({ output }) => output),
      { backend },
    );
    this.#layers = model.unitLayers.map(({ name, units }) => ({
      name,
      units,
      gates: spec.gates.some(({ layer }) => layer === name),
    }));
    const number = (value: number): NdArray => new NdArray(Int32Array.of(value), []);
    this.stochastic = model.stochastic;
    this.#probabilities = spec.outputs.findIndex(({ name }) => name === "probabilities");
    const classes = spec.outputs[this.#probabilities]!.shape[0]!;
    this.names = spec.names ?? Array.from({ length: classes }, (_, label) => `${label}`);
    this.runner = {
      ...runner,
      run: (reading, rows, noise, inputs) => {
        const outputs = runner.run(reading, rows, noise, inputs);
        if (reading === "stochastic") {
          const x = new NdArray(inputs[0]!, [rows, ...spec.inputs[0]!.shape]);
          this.#kept.outputs.push([...outputs]);
          this.#kept.units.push(units(held, number(noise[0]), number(noise[1]), x).map(({ data }) => data));
        }
        return outputs;
      },
      async close() {
        held.dispose();
        await runner.close();
      },
    };
  }

  /** Probabilities of several images by the deterministic readout. x: [count · 28 · 28] */
  probabilities(x: Float32Array, count: number): Float32Array[] {
    return once(this.runner, { arrays: [x], count }).map(({ outputs }) =>
      Float32Array.from(outputs[this.#probabilities]!),
    );
  }

  read(pixels: Uint8Array, seed: number): Omit<DrawAnswer, "kind" | "picture" | "label"> {
    const x = valuesOf(pixels);
    this.#kept = { outputs: [], units: [] };
    const [{ outputs, uncertainty }] = inPasses(this.runner, { arrays: [x], count: 1 }, PASSES, seed) as [Values];
    const { votes, entropy, mutualInformation } = uncertainty!;
    if (!(votes instanceof Float32Array) || typeof entropy !== "number" || typeof mutualInformation !== "number")
      throw new UserError("draw: the network must say one class of an image, it says one of each step");
    const { names, stochastic } = this;
    const mean = Float32Array.from(outputs[this.#probabilities]!);
    const layers = this.#layers.map((layer, i): FiredLayer => {
      const values = joined(this.#kept.units, i).slice(0, PASSES * layer.units);
      return { ...layer, on: Uint8Array.from(values, (value) => Number(value > 0)) };
    });
    const passes = Float32Array.from(joined(this.#kept.outputs, this.#probabilities).slice(0, PASSES * names.length));
    const [deterministic] = this.probabilities(x, 1) as [Float32Array];
    return { pixels, seed, names, stochastic, deterministic, mean, votes, entropy, mutualInformation, passes, layers };
  }
}

/** The mistakes of a network among the test digits, found some digits at a time. */
class Mistakes {
  #read = 0;
  #wrong = 0;
  #worst: Omit<MisreadDigit, "pixels">[] = [];
  readonly #reader: Reader;
  readonly #digits: TestDigits;

  constructor(reader: Reader, digits: TestDigits) {
    this.#reader = reader;
    this.#digits = digits;
  }

  get done(): boolean {
    return this.#read === this.#digits.count;
  }

  /** Reads the next digits. */
  advance(): DrawNews {
    const { names } = this.#reader;
    const count = Math.min(AT_ONCE, this.#digits.count - this.#read);
    const data = new Float32Array(count * SIDE * SIDE);
    for (let i = 0; i < count; i++) data.set(valuesOf(this.#digits.pixels(this.#read + i)), i * SIDE * SIDE);
    for (const [i, probabilities] of this.#reader.probabilities(data, count).entries()) {
      const digit = this.#read + i;
      const label = probabilities.indexOf(Math.max(...probabilities));
      const truth = this.#digits.label(digit);
      if (label === truth) continue;
      this.#wrong++;
      this.#worst.push({ digit, label: names[truth] ?? `${truth}`, read: names[label]!, probability: probabilities[label]! }); // biome-ignore format: one line
    }
    this.#worst = this.#worst.sort((a, b) => b.probability - a.probability).slice(0, SHOWN);
    this.#read += count;
    const digits = this.#worst.map((worst) => ({ ...worst, pixels: this.#digits.pixels(worst.digit) }));
    return { kind: "misread", digits, wrong: this.#wrong, read: this.#read, of: this.#digits.count };
  }
}

/** The image as the command line reads it: a PNG file of 256 greys. */
const pngOf = async (pixels: Uint8Array): Promise<Uint8Array<ArrayBuffer>> => {
  const palette = Array.from({ length: 256 }, (_, level) => [level, level, level]);
  return new Uint8Array(await encodePng({ width: SIDE, height: SIDE, pixels, palette }));
};

type Asked = Extract<DrawRequest, { kind: "picture" }>;
type Given = Extract<DrawRequest, { kind: "network" }>;

/** Answers the latest picture, then looks for mistakes until there is a newer one. */
export function run(port: MessagePort): void {
  let given: Given | undefined;
  let asked: Asked | undefined;
  let wantsPng = false;
  let working = false;
  let backend: Backend | undefined;
  let digits: Promise<TestDigits> | undefined;
  let reader: Reader | undefined;
  let mistakes: Mistakes | undefined;
  let seen: Uint8Array | undefined;
  let last: Asked | undefined;
  const tell = (news: DrawNews) => port.postMessage(news);

  const take = async ({ file, data }: Given): Promise<void> => {
    await reader?.runner.close();
    reader = mistakes = undefined;
    // One thread: calls are small.
    backend ??= await wasmBackend({ threads: 1 });
    digits ??= testDigitsAt(data);
    reader = new Reader(file, backend);
    mistakes = new Mistakes(reader, await digits);
    asked ??= last;
  };
  const answer = async (request: Asked): Promise<void> => {
    last = request;
    if (!reader || !digits) return;
    const [{ picture, seed }, test] = [request, await digits];
    seen = pixelsIn(picture, test);
    if (!seen) return tell({ kind: "empty" });
    const plain = picture.digit !== undefined && picture.strokes.length === 0;
    const label = plain ? reader.names[test.label(picture.digit!)] : undefined;
    tell({ kind: "answer", picture, label, ...reader.read(seen, seed) });
  };
  const png = async (): Promise<void> => {
    wantsPng = false;
    if (seen) tell({ kind: "png", bytes: await pngOf(seen) });
  };
  /** What is to be done next, the most urgent first; undefined where nothing is. */
  const next = (): (() => void | Promise<void>) | undefined => {
    const [network, request] = [given, asked];
    if (network) {
      given = undefined;
      return () => take(network);
    }
    if (request) {
      asked = undefined;
      return () => answer(request);
    }
    if (wantsPng) return png;
    return mistakes && !mistakes.done ? () => tell(mistakes!.advance()) : undefined;
  };
  const work = async (): Promise<void> => {
    working = true;
    for (let step = next(); step; step = next()) {
      try {
        await step();
      } catch (error) {
        tell({ kind: "error", message: error instanceof Error ? error.message : String(error) });
        digits?.catch(() => (digits = undefined));
        mistakes = undefined;
      }
      await pause();
    }
    working = false;
  };

  port.onmessage = ({ data }: MessageEvent<DrawRequest>) => {
    if (data.kind === "network") given = data;
    else if (data.kind === "picture") asked = data;
    else wantsPng = true;
    if (!working) void work();
  };
}
