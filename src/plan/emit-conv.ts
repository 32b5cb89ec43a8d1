import { checkSize } from "../graph/size.ts";
import { convScratch, gradientSums } from "./conv.ts";
import type { Emitter } from "./emitter.ts";
import type { Location, Tape } from "./plan.ts";
import type { Value } from "./value.ts";

/** A convolution, or the gradient of its weights, with what follows it. */
export function emitConv(emitter: Emitter, { make }: Value, tapeOf: () => Tape): void {
  if (make.kind !== "conv") throw new Error("plan: the root is not a convolution");
  const { a, b, sliding, steps } = make;
  const { scratch, ...sums } = gradientSums(sliding);
  const words = steps ? convScratch(sliding) : scratch;
  checkSize("conv2d: what is kept of the weights,", [words]);
  const room = emitter.take(words);
  const [from, by, tape] = [emitter.locate(a), emitter.locate(b), tapeOf()];
  emitter.instructions.push(
    steps
      ? { kind: "conv", sliding, from, weights: by, steps, packed: room, tape }
      : { kind: "convGradient", sliding, x: from, y: by, sums: room, ...sums, tape },
  );
  emitter.arena.give(room.offset);
}

export function emitPool(emitter: Emitter, { make }: Value, to: Location): void {
  if (make.kind !== "pool") throw new Error("plan: not a pooling");
  const { how, sliding, from, taps = from } = make;
  emitter.instructions.push({ kind: "pool", how, sliding, from: emitter.locate(from), taps: emitter.locate(taps), to });
}
