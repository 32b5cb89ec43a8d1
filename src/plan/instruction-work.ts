import type { Sliding } from "./conv.ts";
import type { Instruction, Location, Operand, Tape } from "./plan.ts";

/** What an instruction has to do, whatever runs it. */
export interface Work {
  /** Multiplications with an addition, of products. */
  readonly multiplyAdds: number;
  /** Steps of tapes: element by element, a step each. */
  readonly steps: number;
  /** Bytes of what it reads and writes: an array that it does both with counts twice. */
  readonly bytes: number;
  /** Bytes of the places that it touches: an array that it reads and writes in place counts once. */
  readonly footprint: number;
  /** Whether it may be less: gates, pairs and silent units skip. */
  readonly isAtMost: boolean;
}

/** Elements at a place, read or written. */
interface Touch {
  readonly at: Location;
  readonly elements: number;
}

const product = (xs: readonly number[]): number => xs.reduce((n, x) => n * x, 1);

/** Elements that an operand meets along axes: a stride of 0 meets the same again. */
const touched = (operand: Operand, dims: readonly number[]): Touch => ({
  at: operand,
  elements: product(dims.map((length, i) => (operand.strides[i] === 0 ? 1 : length))),
});

function alongTape({ inputs, outputs }: Tape, dims: readonly number[]): Touch[] {
  const operands = inputs.flatMap((x) => (x.kind === "operand" ? [x.operand] : []));
  return [...operands, ...outputs].map((operand) => touched(operand, dims));
}

type Own = Omit<Work, "bytes" | "footprint"> & { readonly touches: readonly Touch[] };

const none = { multiplyAdds: 0, steps: 0, isAtMost: false };

/** Work of `tape`, over the axes `dims`, behind products. */
const withTape = (tape: Tape, dims: readonly number[]) => ({
  ...none,
  steps: tape.steps.length * product(dims),
  touches: alongTape(tape, dims),
});

type Of<K extends Instruction["kind"]> = Extract<Instruction, { readonly kind: K }>;

/** Along one axis: how many times a tap at a place meets a number, and not the border or a hole. */
function meetings({ from, to, taps, step, holes, gap, before }: Sliding, axis: 0 | 1): number {
  let count = 0;
  for (let place = 0; place < to[axis]; place++)
    for (let tap = 0; tap < taps[axis]; tap++) {
      const at = place * step[axis] + tap * gap[axis] - before[axis];
      if (at >= 0 && at <= (from[axis] - 1) * holes[axis] && at % holes[axis] === 0) count++;
    }
  return count;
}

/** Windows that slide over images, in elements of what they read, write and weigh. */
function slidingSizes({ sliding }: Of<"conv" | "convGradient" | "pool">) {
  const { images, from, channels, to, features, groups, taps } = sliding;
  return {
    ...{ places: product(to), read: images * product(from) * channels },
    weights: (product(taps) * channels * features) / groups,
    multiplyAdds: (images * meetings(sliding, 0) * meetings(sliding, 1) * features * channels) / groups,
  };
}

function ofConv(x: Of<"conv">): Own {
  const { places, read, weights, multiplyAdds } = slidingSizes(x);
  const { images, features } = x.sliding;
  const rows = x.open ? [images, places] : [1, images * places];
  const { largest, window, taps } = x.pooled ?? {};
  const pooled = window ? (images * places * features) / product(window) : 0;
  return {
    ...{ ...withTape(x.tape, [...rows, features]), multiplyAdds, isAtMost: x.open !== undefined },
    touches: [
      ...[
        { at: x.from, elements: read },
        { at: x.weights, elements: weights },
      ],
      ...alongTape(x.tape, [...rows, features]),
      ...[largest, taps].flatMap((at) => (at ? [{ at, elements: pooled }] : [])),
    ],
  };
}

function ofConvGradient(x: Of<"convGradient">): Own {
  const { places, read, weights, multiplyAdds } = slidingSizes(x);
  const { images, features } = x.sliding;
  const dims = [1, weights / features, features];
  return {
    ...{ ...withTape(x.tape, dims), multiplyAdds, isAtMost: x.open !== undefined },
    touches: [
      { at: x.x, elements: read },
      { at: x.y, elements: images * places * features },
      ...alongTape(x.tape, dims),
    ],
  };
}

function ofBlocks(x: Of<"toBlocks" | "fromBlocks" | "blocksGradient">): Own {
  const { batch, blocks, units, depth } = x;
  const [wide, narrow, weights] = [batch * blocks * units, batch * depth, blocks * units * depth];
  const products = { multiplyAdds: batch * weights, isAtMost: true };
  if (x.kind === "blocksGradient") {
    const dims = [1, blocks * units, depth];
    const read = [
      { at: x.x, elements: narrow },
      { at: x.c, elements: wide },
    ];
    return { ...withTape(x.tape, dims), ...products, touches: [...read, ...alongTape(x.tape, dims)] };
  }
  const ends = x.kind === "toBlocks" ? [x.x, x.to] : [x.to, x.c];
  return {
    ...{ ...none, ...products },
    touches: [
      { at: x.m, elements: weights },
      { at: ends[0]!, elements: narrow },
      { at: ends[1]!, elements: wide },
    ],
  };
}

function ofProducts(x: Of<"products">): Own {
  const { rows, n, products, tape } = x;
  const dims = [1, rows, n];
  return {
    ...withTape(tape, dims),
    multiplyAdds: products.reduce((sum, { k }) => sum + rows * n * k, 0),
    isAtMost: products.some(({ b }) => b.row !== undefined || b.skipsRows === true),
    touches: [
      ...products.flatMap(({ k, a, b }) => [
        { at: a, elements: rows * k },
        { at: b, elements: k * n },
      ]),
      ...alongTape(tape, dims),
    ],
  };
}

function own(x: Instruction): Own {
  switch (x.kind) {
    case "elementwise":
      return { ...withTape(x.tape, x.dims), isAtMost: x.limit !== undefined };
    case "gemm": {
      const { batch, m, n, k, a, b, tape } = x;
      return {
        ...{ ...withTape(tape, [batch, m, n]), multiplyAdds: batch * m * n * k },
        touches: [touched(a, [batch, m, k]), touched(b, [batch, k, n]), ...alongTape(tape, [batch, m, n])],
      };
    }
    case "products":
      return ofProducts(x);
    case "conv":
      return ofConv(x);
    case "convGradient":
      return ofConvGradient(x);
    case "toBlocks":
    case "fromBlocks":
    case "blocksGradient":
      return ofBlocks(x);
    case "loop":
      throw new Error("plan: a loop has the work of its steps");
    default:
      return { ...none, touches: moved(x), isAtMost: x.kind === "toPairs" || x.kind === "fromPairs" };
  }
}

type Moving = Of<
  "reduce" | "gather" | "scatterAdd" | "kthLargest" | "topK" | "foldKey" | "routing" | "pool" | "toPairs" | "fromPairs"
>;

/** Of instructions that only move, compare and add numbers. */
function moved(x: Moving): Touch[] {
  const one = (at: Location, elements: number): Touch => ({ at, elements });
  switch (x.kind) {
    case "reduce":
      return [one(x.from, x.outer * x.length * x.inner), one(x.to, x.outer * x.inner)];
    case "gather":
      return [one(x.from, x.count * x.inner), one(x.index, x.count), one(x.to, x.count * x.inner)];
    case "scatterAdd":
      return [one(x.from, x.count * x.inner), one(x.index, x.count), one(x.to, x.rows * x.inner)];
    case "kthLargest":
      return [one(x.from, x.rows * x.length), one(x.to, x.rows)];
    case "topK":
      return [one(x.from, x.rows * x.length), one(x.to, 2 * x.rows * x.k)];
    case "foldKey":
      return [one(x.key, x.keyStep ? 2 * x.count : 2), one(x.data, x.dataStep ? x.count : 1), one(x.to, 2 * x.count)];
    case "routing":
      return [one(x.gates, x.batch * x.blocks), one(x.plan, x.batch * x.blocks)];
    case "pool": {
      const { read, places } = slidingSizes(x);
      const to = x.sliding.images * places * x.sliding.channels;
      return [one(x.from, read), one(x.to, to)];
    }
    case "toPairs":
    case "fromPairs": {
      const pairs = x.batch * x.blocks * x.inner;
      const table = x.table === "gates" ? pairs : x.blocks * x.inner;
      return x.kind === "toPairs" ? [one(x.from, table), one(x.to, pairs)] : [one(x.from, pairs), one(x.to, table)];
    }
  }
}

/** Bytes that are moved, and bytes of the places where they lie. */
function bytesOf(touches: readonly Touch[]): Pick<Work, "bytes" | "footprint"> {
  const places = new Map<string, number>();
  for (const { at, elements } of touches) {
    const place = `${at.buffer} ${at.offset}`;
    places.set(place, Math.max(places.get(place) ?? 0, elements));
  }
  const sum = (all: Iterable<number>): number => [...all].reduce((total, n) => total + n, 0);
  return { bytes: 4 * sum(touches.map(({ elements }) => elements)), footprint: 4 * sum(places.values()) };
}

/**
 * What an instruction has to do. Of a loop it is that of all steps; what stays where it is from step to step is read once. Places that
 * several instructions of a loop's step touch count for each of them.
 */
export function workOf(x: Instruction): Work {
  if (x.kind !== "loop") {
    const { touches, ...rest } = own(x);
    return { ...rest, ...bytesOf(touches) };
  }
  const { length, locals } = x;
  const times = ({ buffer }: Location): number => (locals[buffer]!.step || locals[buffer]!.flip ? length : 1);
  return x.body
    .map((inner): Work => {
      if (inner.kind === "loop") return scaled(workOf(inner), length, length);
      const { touches, ...rest } = own(inner);
      const all = touches.map(({ at, elements }) => ({ at, elements: elements * times(at) }));
      return scaled({ ...rest, ...bytesOf(all) }, length, 1);
    })
    .reduce(together, { ...none, bytes: 0, footprint: 0 });
}

const scaled = (
  { multiplyAdds, steps, bytes, footprint, isAtMost }: Work,
  times: number,
  bytesTimes: number,
): Work => ({
  ...{ multiplyAdds: times * multiplyAdds, steps: times * steps, isAtMost },
  ...{ bytes: bytesTimes * bytes, footprint: bytesTimes * footprint },
});

/** The work of two instructions, one after the other. */
export const together = (a: Work, b: Work): Work => ({
  multiplyAdds: a.multiplyAdds + b.multiplyAdds,
  steps: a.steps + b.steps,
  bytes: a.bytes + b.bytes,
  footprint: a.footprint + b.footprint,
  isAtMost: a.isAtMost || b.isAtMost,
});
