import type { Mode } from "../estimators/estimator.ts";
import { sizeOf } from "../graph/ndarray.ts";
import { alias } from "../graph/ops/alias.ts";
import { currentRegion, inRegion, newRegion, outsideOfRegions, type Region } from "../graph/region.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Placed } from "./placed.ts";
import type { Stage } from "./stage.ts";

/** What of a stage in its place says how much it holds. */
interface Held extends Pick<Placed, "within"> {
  readonly stage: Pick<Stage, "units" | "output" | "joins"> & { readonly estimator?: unknown; readonly run?: unknown };
}

/** Stages that stand together: what they compute of an example, in numbers, and what the last of them outputs. */
interface Block {
  /** The first of them. */
  readonly first: number;
  readonly inside: number;
  readonly output: number;
}

/** Numbers that a step of a cell computes for each unit, about. */
const NUMBERS_OF_A_CELL = 8;

/** The stages, those within another one as one block. `inputs` are the numbers that the first reads of an example. */
function blocksOf(placed: readonly Held[], steps: number): Block[] {
  const blocks: Block[] = [];
  let [before, first, inside] = [steps, 0, 0];
  for (const [i, { stage }] of placed.entries()) {
    const output = sizeOf(stage.output);
    const own = stage.run ? before * NUMBERS_OF_A_CELL * stage.units : stage.estimator ? stage.units : 0;
    inside += own + output;
    before = stage.output.length > 1 ? stage.output[0]! : 1;
    const next = placed[i + 1];
    if (next && (next.within > 0 || next.stage.joins)) continue;
    blocks.push({ first, inside, output });
    [first, inside] = [i + 1, 0];
  }
  return blocks;
}

/** Where segments begin that hold at most so much, where that can be. */
function begun(blocks: readonly Block[], most: number): number[] {
  const starts = [0];
  let held = 0;
  for (const [i, { inside }] of blocks.entries()) {
    if (i > 0 && held + inside > most) {
      starts.push(i);
      held = 0;
    }
    held += inside;
  }
  return starts;
}

/** Numbers of an example that are there at once: what each segment but the last outputs, and all that one of them computes. */
function atOnce(blocks: readonly Block[], starts: readonly number[]): number {
  const outputs = starts.slice(1).reduce((sum, start) => sum + blocks[start - 1]!.output, 0);
  const insides = starts.map((start, k) => {
    const own = blocks.slice(start, starts[k + 1]);
    return own.reduce((sum, { inside }) => sum + inside, 0) - own.at(-1)!.output;
  });
  return outputs + Math.max(...insides);
}

/**
 * The stages that begin a segment where the fewest numbers are there at once, if each segment's are computed again when gradients need them: about √n
 * segments of n equal stages. Chen, Xu, Zhang and Guestrin 2016, https://arxiv.org/abs/1604.06174.
 * @param steps that the first stage reads, where it runs along a sequence
 */
export function segmentsOf(placed: readonly Held[], steps = 1): number[] {
  const blocks = blocksOf(placed, steps);
  const all = blocks.reduce((sum, { inside }) => sum + inside, 0);
  let best = [0];
  for (let parts = 2; parts <= 2 * blocks.length; parts++) {
    const starts = begun(blocks, all / parts);
    if (atOnce(blocks, starts) < atOnce(blocks, best)) best = starts;
  }
  return best.map((start) => blocks[start]!.first);
}

/**
 * The stages of a network in segments, of which gradients keep what they read and output and compute again what lies within. The last segment is kept: its
 * gradients come first.
 */
export class Segments {
  readonly #starts: ReadonlySet<number>;
  readonly #last: number;
  /** How the downstream network was called in which a region was begun. */
  readonly #modes = new Map<Region, Mode>();

  constructor(starts: readonly number[]) {
    this.#starts = new Set(starts);
    this.#last = starts.at(-1)!;
  }

  /** The losses that `f` gives, as a part of stage `i` in such a call. They are kept: there is one number for each example. */
  within(i: number, mode: Mode, f: () => Tensor | undefined): Tensor | undefined {
    const region = this.#regionOf(i, mode);
    const losses = inRegion(region, f);
    return losses && region ? outsideOfRegions(() => alias(losses)) : losses;
  }

  /** Of a call without gradient nothing is kept anyway. */
  #regionOf(i: number, mode: Mode): Region | undefined {
    if (mode === "detached" || i >= this.#last) return undefined;
    const around = currentRegion();
    if (around && !this.#starts.has(i) && this.#modes.get(around) === mode) return around;
    const region = newRegion();
    this.#modes.set(region, mode);
    return region;
  }
}

/** The losses that `f` gives, where stages are in segments or not. */
export const inSegment = (
  segments: Segments | undefined,
  i: number,
  mode: Mode,
  f: () => Tensor | undefined,
): Tensor | undefined => (segments ? segments.within(i, mode, f) : f());
