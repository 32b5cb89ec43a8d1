import { checkSize } from "../graph/size.ts";
import { convScratch, gradientSums } from "./conv.ts";
import type { Emitter } from "./emitter.ts";
import type { Gates, Location, Tape } from "./plan.ts";
import type { Value, View } from "./value.ts";

/** A convolution, or the gradient of its weights, with what follows it. */
export function emitConv(emitter: Emitter, { make }: Value, tapeOf: () => Tape): void {
  if (make.kind !== "conv") throw new Error("plan: the root is not a convolution");
  const { a, b, sliding, steps, open } = make;
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
    emitter.instructions.push({ kind: "conv", sliding, from, weights, steps, packed, open: by, tape: tapeOf() });
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

export function emitPool(emitter: Emitter, { make }: Value, to: Location): void {
  if (make.kind !== "pool") throw new Error("plan: not a pooling");
  const { how, sliding, from, taps = from } = make;
  emitter.instructions.push({ kind: "pool", how, sliding, from: emitter.locate(from), taps: emitter.locate(taps), to });
}
