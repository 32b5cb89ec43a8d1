import { checkSize } from "../graph/size.ts";
import { convScratch, gradientSums } from "./conv.ts";
import type { Emitter } from "./emitter.ts";
import type { Group } from "./group.ts";
import type { Gates, Location, Pooled, Tape } from "./plan.ts";
import { type Pooling, pooledIn } from "./pooling.ts";
import type { TapeSource } from "./tape.ts";
import type { Value, View } from "./value.ts";

/** A convolution, or the gradient of its weights, with what follows it. */
export function emitConv(
  emitter: Emitter,
  { root, members }: Group,
  tapeOf: (stored?: TapeSource["stored"]) => Tape,
): void {
  if (root?.make.kind !== "conv") throw new Error("plan: the root is not a convolution");
  const { a, b, sliding, steps, open } = root.make;
  const gates = (view: View | undefined): Gates | undefined =>
    view && { ...emitter.locate(view), groups: view.shape[1]! };
  const by = open && { features: gates(open.features), channels: gates(open.channels) };
  const take = (words: number): Location => {
    checkSize("conv2d: what is kept of the weights,", [words]);
    return emitter.take(words);
  };
  const [from, weights] = [emitter.locate(a), emitter.locate(b)];
  if (steps) {
    const packed = take(convScratch(sliding));
    const pooling = pooledIn(members);
    const pooled = pooling && placesOf(emitter, pooling);
    // What is pooled stays in the task that makes it, so that any place will do.
    const tape = tapeOf((value) => (value === pooling?.image ? pooled?.largest : emitter.stored(value)));
    emitter.instructions.push({ kind: "conv", sliding, from, weights, steps, packed, open: by, pooled, tape });
    emitter.arena.give(packed.offset);
    return;
  }
  const { scratch, parts, isLong } = gradientSums(sliding);
  const sums = take(scratch);
  emitter.instructions.push({
    kind: "convGradient",
    sliding,
    x: from,
    y: weights,
    sums,
    parts,
    isLong,
    open: by,
    tape: tapeOf(),
  });
  emitter.arena.give(sums.offset);
}

/** Where the pooling that follows in the same task stores what it gives. */
const placesOf = (emitter: Emitter, { window, largest, taps }: Pooling): Pooled => ({
  window,
  largest: emitter.stored(largest)!,
  taps: taps && emitter.stored(taps),
});

export function emitPool(emitter: Emitter, { make }: Value, to: Location): void {
  if (make.kind !== "pool") throw new Error("plan: not a pooling");
  const { how, sliding, from, taps = from } = make;
  emitter.instructions.push({ kind: "pool", how, sliding, from: emitter.locate(from), taps: emitter.locate(taps), to });
}
