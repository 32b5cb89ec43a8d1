import { ShapeError } from "../errors.ts";
import {
  add,
  matmul,
  mul,
  NdArray,
  notEqual,
  reshape,
  type Shape,
  showShape,
  stopGradient,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import type { Key } from "../random/key.ts";
import { denseInit } from "./dense.ts";

/**
 * K blocks of S units each. A unit's incoming and outgoing weights lie side by side, so that what a closed block does not need is one
 * piece of memory. weight [K, S, in], bias [K, S], out [K, S, out]
 */
export interface GatedBlocksParams<T> {
  readonly weight: T;
  readonly bias: T;
  readonly out: T;
  readonly [name: string]: T;
}

export interface GatedBlocksOptions {
  /** What a block's units send, element by element; the identity when left out. */
  readonly activation?: ((a: Tensor) => Tensor) | undefined;
  /**
   * What becomes of closed gates' gradient. skip: a block is worked out for the examples whose gate is not exactly 0, and nothing flows
   * to closed gates. evaluate: every block is worked out, and ∂loss/∂gate is there for closed gates as well.
   */
  readonly closed?: "skip" | "evaluate" | undefined;
}

/** Fresh parameters: those of two affine maps in → K·S → out (see denseInit), laid out by units. The output's bias is not part of it. */
export function gatedBlocksInit(
  key: Key,
  sizes: { readonly input: number; readonly blocks: number; readonly width: number; readonly output: number },
  gain = 1,
): GatedBlocksParams<NdArray> {
  const { input, blocks, width, output } = sizes;
  const into = denseInit(key.fold(0), input, blocks * width, gain).weight;
  const out = denseInit(key.fold(1), blocks * width, output).weight;
  const turned = new Float32Array(into.data.length);
  for (let i = 0; i < input; i++)
    for (let unit = 0; unit < blocks * width; unit++) turned[unit * input + i] = into.data[i * blocks * width + unit]!;
  return {
    weight: new NdArray(turned, [blocks, width, input]),
    bias: NdArray.zeros([blocks, width]),
    out: new NdArray(out.data, [blocks, width, output]),
  };
}

/**
 * Σₖ gₖ · f(x Wₖᵀ + bₖ) Vₖ over K blocks, each with a gate of its own for every example: a gate of exactly 0 closes its block.
 * @param params weight W [K, S, in], bias b [K, S], out V [K, S, out]
 * @param x      [B, in]
 * @param gates  [B, K], any real numbers
 * @returns      [B, out]
 */
export function gatedBlocks(
  { weight, bias, out }: GatedBlocksParams<Tensor>,
  x: Tensor,
  gates: Tensor,
  { activation = (a) => a, closed = "skip" }: GatedBlocksOptions = {},
): Tensor {
  const [blocks, width, input] = checked(weight, x, gates);
  const units = blocks * width;
  const open = closed === "skip" ? mul(gates, stopGradient(notEqual(gates, 0))) : gates;
  const a = add(matmul(x, transpose(reshape(weight, [units, input]))), reshape(bias, [units]));
  const h = reshape(activation(a), [x.shape[0]!, blocks, width]);
  const sent = mul(h, reshape(open, [x.shape[0]!, blocks, 1]));
  return matmul(reshape(sent, [x.shape[0]!, units]), reshape(out, [units, out.shape[2]!]));
}

function checked(weight: Tensor, x: Tensor, gates: Tensor): readonly [number, number, number] {
  const [blocks, width, input] = weight.shape as readonly [number, number, number];
  if (
    x.rank !== 2 ||
    gates.rank !== 2 ||
    x.shape[1] !== input ||
    gates.shape[0] !== x.shape[0] ||
    gates.shape[1] !== blocks
  )
    throw new ShapeError(
      `gatedBlocks: weights ${showShape(weight.shape)} need x [B, ${input}] and gates [B, ${blocks}], received ${showShape(x.shape)} and ${showShape(gates.shape)}`,
    );
  return [blocks, width, input];
}

/** The shapes of its parameters, in the order in which a table shows them. */
export const gatedBlocksShapes = (
  input: number,
  blocks: number,
  width: number,
  output: number,
): readonly { name: string; shape: Shape }[] => [
  { name: "weight", shape: [blocks, width, input] },
  { name: "bias", shape: [blocks, width] },
  { name: "out", shape: [blocks, width, output] },
];
