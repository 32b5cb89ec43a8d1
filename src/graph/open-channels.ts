import { ShapeError } from "../errors.ts";
import { optionsOf } from "./arguments.ts";
import { isFloat, type NdArray, type Spec, showSpec } from "./ndarray.ts";
import type { Work } from "./op.ts";
import { checkTensors } from "./operand.ts";
import { mul } from "./ops/mul.ts";
import { notEqual } from "./ops/not-equal.ts";
import { reshape } from "./ops/reshape.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Gates of a convolution's channels. They are cut into as many equal groups, one after the other, as an image has gates. A gate of exactly
 * 0 closes its group for its image: nothing of it is computed or read, it counts as 0, and no gradient flows through it. A gate itself gets no
 * gradient here: whoever multiplies the features by it gets that.
 */
export interface OpenChannels<T = Tensor> {
  /** [B, K]: groups of the features. */
  readonly features?: T | undefined;
  /** [B, J]: groups of the channels. A closed group of images is not read: its numbers have to be 0, as behind a gate. */
  readonly channels?: T | undefined;
}

const sides = ["features", "channels"] as const;
export type Side = (typeof sides)[number];

/** Gates as the last inputs of an op, and which they are; nothing where there are none. */
export function gateInputs(open: OpenChannels = {}): { gates: Tensor[]; open?: readonly Side[] } {
  const given = sides.filter((side) => open[side] !== undefined);
  return given.length === 0 ? { gates: [] } : { gates: given.map((side) => open[side]!), open: given };
}

/** The gates among an op's inputs, of which the first two are its arrays. */
export function gatesAmong<T>(inputs: readonly T[], open: readonly Side[] = []): OpenChannels<T> {
  return Object.fromEntries(open.map((side, i) => [side, inputs[2 + i]!]));
}

/** The option `open` of a convolution. Throws ShapeError, with the user's line, where it isn't gates. */
export function openOf(op: string, open: OpenChannels | undefined): OpenChannels | undefined {
  if (open === undefined) return undefined;
  const given = optionsOf(`${op}: open`, open, sides);
  checkTensors(
    `${op}: open`,
    sides.map((side) => given[side]).filter((gates) => gates !== undefined),
  );
  return given;
}

/** Throws ShapeError unless there are gates for each of a batch of images, and as many equal groups of channels and features. */
export function checkGates(
  op: string,
  gates: OpenChannels<Spec>,
  sizes: { readonly batch: number } & { readonly [S in Side]: number },
  groups: number,
): void {
  for (const side of sides) {
    const given = gates[side];
    if (!given) continue;
    if (groups !== 1) throw new ShapeError(`${op}: with open, groups must be 1, received ${groups}`);
    const [batch, count] = given.shape;
    if (given.shape.length !== 2 || batch !== sizes.batch || !isFloat(given.dtype))
      throw new ShapeError(
        `${op}: open.${side} must be floating-point gates [${sizes.batch}, groups of ${side}], received ${showSpec(given)}`,
      );
    if (!(count! > 0) || sizes[side] % count! !== 0)
      throw new ShapeError(
        `${op}: open.${side} must have one gate for each of some equal groups of the ${sizes[side]} ${side}, received ${count} gates`,
      );
  }
}

/** Whether channel `c` of `n` is open for image b. */
export function isOpen(gates: NdArray | undefined, b: number, c: number, n: number): boolean {
  if (!gates) return true;
  const count = gates.shape[1]!;
  return gates.data[b * count + Math.floor((c * count) / n)] !== 0;
}

/** The work of a convolution, of which only what is open for an image is done. */
export function openWork(multiplyAdds: number, { features, channels }: OpenChannels): Work {
  if (!features || !channels) return { multiplyAdds, gates: features ?? channels };
  const [batch, K, J] = [features.shape[0]!, features.shape[1]!, channels.shape[1]!];
  const gates = mul(reshape(notEqual(features, 0), [batch, K, 1]), reshape(notEqual(channels, 0), [batch, 1, J]));
  return { multiplyAdds, gates };
}
