import type { Backend } from "../backends/backend.ts";
import { type BackendName, borrowBackend } from "../backends/select.ts";
import { type StopSignal, UserError } from "../errors.ts";
import { requireMemory } from "../formats/memory.ts";
import { NdArray, showShape } from "../graph/index.ts";
import type { Draws } from "../models/head.ts";
import type { Model, Params } from "../models/model.ts";
import { checkNumber, checkObject, kindOf, show } from "../rules.ts";
import { pacer, pause } from "../train/pause.ts";
import { rereading } from "./rereading.ts";
import { stepping } from "./stepping.ts";

/** How many sequences are drawn, how long, and how. */
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
  /** Stops the drawing; then it rejects with the signal's reason. */
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

/**
 * Draws sequences step by step from a network whose head predicts the next row of what the network reads: at
 * each step a row is drawn from the prediction, and read at the next one.
 *
 *     const { rows } = await generate(model, params, { count: 4, steps: 200, seed: 1, bias: 0.5 });
 *
 * The network must be causal: what it predicts at a step may depend on that step and those before, and on no
 * later one. Recurrent stages that run forward and maps at each step are run one step at a time, and may draw
 * more steps than they were trained on. A network with other stages is run over all of its steps for each
 * draw, so that time grows with the product of both. Graves 2013, Generating sequences with recurrent
 * neural networks, https://arxiv.org/abs/1308.0850.
 *
 * Throws UserError for a head that predicts no steps (step-classes and mixture do), for rows of another width
 * than the network reads, for a network that isn't causal, for more steps than one with other stages has, for
 * a sharpness that the head hasn't, and for a prediction that isn't finite. Rejects with the signal's reason
 * when it is aborted. Rows are [count, steps, I].
 */
export async function generate(
  model: Model,
  params: Params<NdArray>,
  options: GenerateOptions = {},
): Promise<Generated> {
  checkNetwork(model, params);
  checkObject("generate", options, keys);
  const { draws, room, width } = drawsOf(model);
  const { count = 1, seed = 0, signal } = options;
  checkNumber("generate: count", count, { whole: true, atLeast: 1 });
  checkNumber("generate: seed", seed, { whole: true, atLeast: 0, below: 2 ** 53 });
  const sharpness = sharpnessOf(draws, options);
  checkRoom({ count, steps: 1, width });
  const first = firstRows(options.start, { count, width, room: model.stepwise ? undefined : room });
  const begun = first.shape[1]!;
  const { steps = Math.max(1, room - begun + 1) } = options;
  if (model.stepwise) checkNumber("generate: steps", steps, { whole: true, atLeast: 1 });
  else
    checkNumber(`generate: steps (of ${room} that the network has, ${begun - 1} taken by start)`, steps, {
      ...{ whole: true, atLeast: 1, atMost: room - begun + 1 },
    });
  checkRoom({ count, steps, width });
  const rows = NdArray.zeros([count, steps, width]);
  const due = pacer(50);
  const { backend, end } = await borrowBackend(options.backend);
  try {
    const drawing = { model, params, draws, seed, sharpness, backend, count };
    const next = model.stepwise ? stepping(drawing, model.stepwise) : rereading(drawing);
    let unread = first;
    for (let t = 0; t < steps; t++) {
      if (due()) await pause();
      signal?.throwIfAborted();
      const at = begun - 1 + t;
      const { predicted, drawn } = next(unread, at);
      checkFinite(model.head.reads, predicted, at);
      for (let i = 0; i < count; i++)
        rows.data.set(drawn.data.subarray(i * width, (i + 1) * width), (i * steps + t) * width);
      unread = new NdArray(drawn.data, [count, 1, width]);
    }
  } finally {
    await end();
  }
  return { what: draws.what, rows };
}

/** Throws UserError for what is neither a network nor its parameters, such as one object of all arguments. */
function checkNetwork(model: unknown, params: unknown): void {
  const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isObject(model) || !("head" in model) || !("inputShape" in model))
    throw new UserError(
      `generate: its first argument must be a network, as in generate(model, params, { count: 4 }), received ${show(model)}`,
    );
  if (!isObject(params) || kindOf(params) !== undefined)
    throw new UserError(
      `generate: its second argument must be the network's parameters, as training gives them, received ${show(params)}`,
    );
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
  /** The most rows; any number where undefined. */
  readonly room: number | undefined;
  readonly width: number;
}

/** Throws UserError where there is no room for what is to be drawn. */
function checkRoom({ count, steps, width }: { readonly [of in "count" | "steps" | "width"]: number }): void {
  const numbers = count * steps * width;
  const subject = `generate: ${count} sequences of ${steps} ${steps === 1 ? "step" : "steps"} with ${width} numbers each`;
  if (numbers >= 2 ** 31) throw new UserError(`${subject} must be below 2147483648 numbers in all: choose fewer`);
  requireMemory(subject, 8 * numbers);
}

/** What the network reads at first, [count, n, I]. */
function firstRows(start: unknown, { count, room, width }: Size): NdArray {
  if (start === undefined) return NdArray.zeros([count, 1, width]);
  const { shape = [], data = [] } = kindOf(start) === "array" ? (start as NdArray) : {};
  const begun = shape.at(-2) ?? 0;
  const fits = shape.at(-1) === width && (shape.length === 2 || (shape.length === 3 && shape[0] === count));
  if (!fits || begun < 1 || begun > (room ?? begun))
    throw new UserError(
      `generate: start must be an array [n, ${width}] or [${count}, n, ${width}] with n from 1${room === undefined ? "" : ` to ${room}`}, received ${show(start)}`,
    );
  const each = begun * width;
  const rows = NdArray.zeros([count, begun, width]);
  for (let i = 0; i < rows.data.length; i++) rows.data[i] = data[shape.length === 3 ? i : i % each]!;
  return rows;
}

function checkFinite(reads: string, { data }: NdArray, at: number): void {
  const bad = data.find((value: number) => !Number.isFinite(value));
  if (bad !== undefined)
    throw new UserError(`generate: ${reads} must be finite numbers, one at step ${at} (counted from 0) is ${bad}`);
}
