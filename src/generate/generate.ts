import type { Backend } from "../backends/backend.ts";
import { type BackendName, borrowBackend } from "../backends/select.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { type StopSignal, UserError } from "../errors.ts";
import {
  broadcastTo,
  constant,
  expandDims,
  gather,
  NdArray,
  reshape,
  showShape,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import type { Batch, Draws } from "../models/head.ts";
import type { Model, Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import { checkNumber, checkObject, kindOf, show } from "../rules.ts";
import { pacer, pause } from "../train/pause.ts";

export interface GenerateOptions {
  /** Sequences (default: 1). Those of a smaller number are the first of a larger one's. */
  readonly count?: number | undefined;
  /** Steps that are drawn of each (default: as many as the network has steps for after the start). */
  readonly steps?: number | undefined;
  /** What all draws depend on, a whole number from 0 (default: 0). The same seed gives the same sequences. */
  readonly seed?: number | undefined;
  /** Of classes: scores are divided by it, so that below 1 likely classes become likelier (default: 1). */
  readonly temperature?: number | undefined;
  /** Of mixtures: Graves's b, from 0, which sharpens the weights and divides deviations by eᵇ (default: 0). */
  readonly bias?: number | undefined;
  /** What the network reads before the first draw: rows [n, I] for all sequences, or [count, n, I] (default: a row of zeros). */
  readonly start?: NdArray | undefined;
  /** Where it runs (default: the current backend, or one that is started for the call). */
  readonly backend?: Backend | BackendName | undefined;
  readonly signal?: StopSignal | undefined;
}

/** Sequences that were drawn. */
export interface Generated {
  /** What the rows are: offsets of a pen, one-hot classes, or values. */
  readonly what: Draws["what"];
  /** [count, steps, I]: what was drawn at each step, without the start. */
  readonly rows: NdArray;
}

const keys = ["count", "steps", "seed", "temperature", "bias", "start", "backend", "signal"] as const;
/** Keep the draws and the noise of the network's own units apart. */
const DRAWS = 0x44524157;
const NETWORK = 0x4e455457;

/**
 * Draws sequences step by step from a network whose head predicts the next row of what the network reads: at each step a row is drawn from the
 * prediction, and read at the next one.
 *
 *     const { rows } = await generate(model, params, { count: 4, steps: 200, seed: 1, bias: 0.5 });
 *
 * The network must be causal: what it predicts at a step may depend on that step and those before, and on no later one. It is run over all of its
 * steps for each draw, so that time grows with the product of both.
 *
 * Throws UserError for a head that predicts no steps (step-classes and mixture do), for rows of another width than the network reads, for a
 * network that isn't causal, for more steps than it has, for a sharpness that the head hasn't, and for a prediction that isn't finite. Rejects
 * with the signal's reason when it is aborted.
 */
export async function generate(
  model: Model,
  params: Params<NdArray>,
  options: GenerateOptions = {},
): Promise<Generated> {
  checkObject("generate", options, keys);
  const { draws, room, width } = drawsOf(model);
  const { count = 1, seed = 0, signal } = options;
  checkNumber("generate: count", count, { whole: true, atLeast: 1 });
  checkNumber("generate: seed", seed, { whole: true, atLeast: 0, below: 2 ** 53 });
  const sharpness = sharpnessOf(draws, options);
  const { x, begun } = begunWith(options.start, { count, room, width });
  const { steps = room - begun + 1 } = options;
  checkNumber(`generate: steps (of ${room} that the network has, ${begun - 1} taken by start)`, steps, {
    ...{ whole: true, atLeast: 1, atMost: room - begun + 1 },
  });
  const rows = NdArray.zeros([count, steps, width]);
  const due = pacer(50);
  const { backend, end } = await borrowBackend(options.backend);
  try {
    const next = nextRow(model, draws, seed, backend);
    const kept = resident<Params<Tensor>>(params, { backend });
    if (room > begun) checkCausal((read) => next(kept, read, scalar(begun - 1), sharpness).predicted, x, begun);
    for (let t = 0; t < steps; t++) {
      if (due()) await pause();
      signal?.throwIfAborted();
      const at = begun - 1 + t;
      const { predicted, drawn } = next(kept, x, scalar(at), sharpness);
      checkFinite(model.head.reads, predicted, at);
      for (let i = 0; i < count; i++) {
        const row = drawn.data.subarray(i * width, (i + 1) * width);
        rows.data.set(row, (i * steps + t) * width);
        if (at + 1 < room) x.data.set(row, (i * room + at + 1) * width);
      }
    }
  } finally {
    await end();
  }
  return { what: draws.what, rows };
}

/** How the head draws, and the steps and width of what the network reads. Throws UserError where these don't go together. */
function drawsOf({ head, inputShape, name }: Model) {
  const { draws } = head;
  if (!draws)
    throw new UserError(
      `generate: the head must predict steps, as step-classes and mixture do, received ${name} with the head ${head.kind}`,
    );
  const [room, width] = inputShape as readonly [number, number?];
  if (inputShape.length !== 2 || width !== draws.row || room !== head.input?.[0])
    throw new UserError(
      `generate: the network must read what the head ${head.kind} draws, [${head.input?.[0]}, ${draws.row}], it reads ${showShape(inputShape)}`,
    );
  return { draws, room, width };
}

/** [] float32. Throws UserError for what makes draws of another kind certain. */
function sharpnessOf({ sharpness: { name, usual, rule }, what }: Draws, options: GenerateOptions): NdArray {
  const other = name === "bias" ? "temperature" : "bias";
  if (options[other] !== undefined)
    throw new UserError(
      `generate: ${other} must be omitted, draws of ${what} have a ${name}, received ${show(options[other])}`,
    );
  const value = options[name] ?? usual;
  checkNumber(`generate: ${name}`, value, rule);
  return new NdArray(Float32Array.of(value), []);
}

interface Size {
  readonly count: number;
  readonly room: number;
  readonly width: number;
}

/** What the network reads at first, [count, room, I], and how many of its rows are filled. */
function begunWith(start: unknown, { count, room, width }: Size): { x: NdArray; begun: number } {
  const x = NdArray.zeros([count, room, width]);
  if (start === undefined) return { x, begun: 1 };
  const { shape = [], data = [] } = kindOf(start) === "array" ? (start as NdArray) : {};
  const begun = shape.at(-2) ?? 0;
  const fits = shape.at(-1) === width && (shape.length === 2 || (shape.length === 3 && shape[0] === count));
  if (!fits || begun < 1 || begun > room)
    throw new UserError(
      `generate: start must be an array [n, ${width}] or [${count}, n, ${width}] with n from 1 to ${room}, received ${show(start)}`,
    );
  const each = begun * width;
  for (let i = 0; i < count; i++) {
    const from = shape.length === 3 ? i * each : 0;
    for (let j = 0; j < each; j++) x.data[i * room * width + j] = data[from + j]!;
  }
  return { x, begun };
}

/** A step as a compiled function: what is predicted from the rows up to one of them, and a row drawn from that. */
const nextRow = (model: Model, draws: Draws, seed: number, backend: Backend) =>
  compile(
    (params: Params<Tensor>, x: Tensor, at: Tensor, sharpness: Tensor) => {
      // The units' noise is that of the step, and the same whenever the step is run again.
      const fields = lengthsIn(model, x);
      const output = model.output(params, x, model.head.select.readout, key(seed).fold(NETWORK), fields);
      const [count, , ...rest] = output.shape as [number, number, ...number[]];
      const steps = transpose(output, [1, 0, ...rest.map((_, i) => i + 2)]);
      const predicted = reshape(gather(steps, expandDims(at, 0)), [count, ...rest]);
      return { predicted, drawn: draws.draw(predicted, key(seed).fold(DRAWS).fold(at), sharpness) };
    },
    { backend },
  );

/** Lengths that the network's stages read: all of its steps. Throws UserError for a field of another kind. */
function lengthsIn({ fields }: Model, { shape: [count, room] }: Tensor): Batch<Tensor> {
  const whole = broadcastTo(constant(room!, "int32"), [count!]);
  return Object.fromEntries(
    Object.entries(fields).map(([name, { shape, dtype }]) => {
      if (shape.length > 0 || dtype !== "int32")
        throw new UserError(
          `generate: the network must read nothing but its input and lengths, its stages read the field ${name}`,
        );
      return [name, whole];
    }),
  );
}

/** Throws UserError where a prediction changes with rows that come after it. */
function checkCausal(predict: (x: NdArray) => NdArray, x: NdArray, begun: number): void {
  const [, room, width] = x.shape as [number, number, number];
  const other = new NdArray(
    Float32Array.from(x.data, (value, i) => (Math.floor(i / width) % room < begun ? value : value + Math.sin(i + 1))),
    x.shape,
  );
  const [one, two] = [predict(x), predict(other)];
  if (one.data.some((value: number, i: number) => !Object.is(value, two.data[i])))
    throw new UserError(
      "generate: the network must be causal, but what it predicts at a step depends on later steps: train one without stages that read sequences backward or as a whole",
    );
}

function checkFinite(reads: string, { data }: NdArray, at: number): void {
  const bad = data.find((value: number) => !Number.isFinite(value));
  if (bad !== undefined)
    throw new UserError(`generate: ${reads} must be finite numbers, one at step ${at} (counted from 0) is ${bad}`);
}

const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);
