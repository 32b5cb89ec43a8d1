import { bytes, double, doubles, float, int, joined, type Message, text } from "../../formats/protobuf.ts";

/**
 * Events of TensorBoard's files. The numbers of the fields are those of event.proto, summary.proto, tensor.proto and
 * plugins/hparams/plugin_data.proto in https://github.com/tensorflow/tensorboard.
 */
export type Value = Message;

/** What a file begins with: its version. */
export const versionEvent = (seconds: number): Message =>
  joined([double(1, seconds), int(2, 0), text(3, "brain.Event:2")]);

/** An event: when it was, in seconds since 1970, at which step, and named values. */
export const event = (seconds: number, step: number, values: readonly Value[]): Message =>
  joined([double(1, seconds), int(2, step), bytes(5, joined(values.map((value) => bytes(1, value))))]);

/** The bytes of the time, which an event begins with. */
const TIME = 9;

/** When an event was. */
const secondsOf = (data: Uint8Array): number =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getFloat64(1, true);

/** When a file was begun, from the event that it begins with; undefined where that is no version. */
export function begunAt(data: Uint8Array): number | undefined {
  if (data.length < TIME) return undefined;
  const seconds = secondsOf(data);
  const version = versionEvent(seconds);
  const isSame = data.length === version.length && version.every((byte, i) => byte === data[i]);
  return isSame && Number.isFinite(seconds) ? seconds : undefined;
}

/** Whether an event of these bytes is one of this step. */
export const isOfStep = (data: Uint8Array, step: number): boolean =>
  int(2, step).every((byte, i) => data[TIME + i] === byte);

/** A number. */
export const scalar = (tag: string, value: number): Value => joined([text(1, tag), float(2, value)]);

/** A PNG. */
export const image = (tag: string, png: Uint8Array, { width, height }: { width: number; height: number }): Value =>
  joined([text(1, tag), bytes(4, joined([int(1, height), int(2, width), int(3, 3), bytes(4, png)]))]);

/** Bars of a histogram. */
const BARS = 30;

/** How often numbers lie in each of 30 intervals of one width, from the smallest number to the largest. */
export function histogram(tag: string, values: ArrayLike<number>): Value {
  let [least, largest, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    least = Math.min(least, value);
    largest = Math.max(largest, value);
    sum += value;
    squares += value * value;
  }
  const counts = Array.from({ length: BARS }, () => 0);
  const perUnit = largest > least ? BARS / (largest - least) : 0;
  for (let i = 0; i < values.length; i++) {
    // The largest number lies in the last interval, and so do all where they are one.
    const bar = perUnit === 0 ? BARS - 1 : Math.min(BARS - 1, Math.floor((values[i]! - least) * perUnit));
    counts[bar]!++;
  }
  const limits = counts.map((_, i) => (i === BARS - 1 ? largest : least + (i + 1) * ((largest - least) / BARS)));
  const histo = [double(1, least), double(2, largest), double(3, values.length), double(4, sum), double(5, squares)];
  return joined([text(1, tag), bytes(5, joined([...histo, doubles(6, limits), doubles(7, counts)]))]);
}

/** The options of a run in the HPARAMS tab. */
export type Hyperparameters = Readonly<Record<string, number | string | boolean>>;

/** What the HPARAMS tab reads of a run that begins. */
export function sessionStart(seconds: number, hyperparameters: Hyperparameters): Value {
  const entries = Object.entries(hyperparameters).map(([name, value]) => {
    const held =
      typeof value === "number" ? double(2, value) : typeof value === "string" ? text(3, value) : int(4, Number(value));
    return bytes(1, joined([text(1, name), bytes(2, held)]));
  });
  return ofHyperparameters("_hparams_/session_start_info", bytes(3, joined([...entries, double(5, seconds)])));
}

const SUCCESS = 1;

/** What it reads of one that has come to its end. */
export const sessionEnd = (seconds: number): Value =>
  ofHyperparameters("_hparams_/session_end_info", bytes(4, joined([int(1, SUCCESS), double(2, seconds)])));

/** The content stands in the plugin's metadata; TensorBoard drops a value without numbers, so there is one 0. */
function ofHyperparameters(tag: string, content: Message): Value {
  const zero = joined([int(1, 1), bytes(2, new Uint8Array(0)), bytes(5, new Uint8Array(4))]);
  const plugin = joined([text(1, "hparams"), bytes(2, joined([int(1, 0), content]))]);
  return joined([text(1, tag), bytes(8, zero), bytes(9, bytes(1, plugin))]);
}
