import { optionsOf } from "../graph/arguments.ts";
import {
  add,
  fromBlocks,
  matmul,
  mul,
  NdArray,
  notEqual,
  reshape,
  routing,
  type Shape,
  sameShape,
  showShape,
  type Tensor,
  toBlocks,
  toPairs,
  transpose,
  where,
} from "../graph/index.ts";
import { checkTensors } from "../graph/operand.ts";
import { shapeError } from "../graph/site.ts";
import type { Key } from "../random/key.ts";
import { checkChoice, checkNumber, show } from "../rules.ts";
import { affineInit } from "./affine.ts";
import { turned } from "./turned.ts";

/**
 * K blocks of S units each. A unit's incoming and outgoing weights lie side by side, so that what a
 * closed block does not need is one piece of memory.
 */
export interface GatedBlocksParams<T> {
  /** [K, S, in] */
  readonly weight: T;
  /** [K, S] */
  readonly bias: T;
  /** [K, S, out] */
  readonly out: T;
  readonly [name: string]: T;
}

/** How a layer of gated blocks is computed. */
export interface GatedBlocksOptions {
  /** What a block's units output, element by element (default: the identity). */
  readonly activation?: ((a: Tensor) => Tensor) | undefined;
  /**
   * What becomes of closed gates' gradient. skip: a block is computed for the examples whose gate is not exactly 0, and nothing flows
   * to closed gates. evaluate: every block is computed, and ∂loss/∂gate is there for closed gates as well.
   */
  readonly closed?: "skip" | "evaluate" | undefined;
}

/**
 * Fresh parameters: those of two affine maps in → K·S → out (see affineInit), laid out by units, with a
 * factor on the range of each. The output's bias is not part of it. Weight [K, S, in], bias [K, S], out [K,
 * S, out]. Throws UserError for sizes that cannot be.
 */
export function gatedBlocksInit(
  key: Key,
  sizes: { readonly input: number; readonly blocks: number; readonly width: number; readonly output: number },
  gain = 1,
  outGain = 1,
): GatedBlocksParams<NdArray> {
  const { input, blocks, width, output } = sizes;
  for (const name of ["input", "blocks", "width", "output"] as const)
    checkNumber(`gatedBlocksInit: ${name}`, sizes[name], { whole: true, atLeast: 0 });
  const into = affineInit(key.fold(0), input, blocks * width, gain).weight;
  const out = affineInit(key.fold(1), blocks * width, output, outGain).weight;
  return {
    weight: new NdArray(turned(into.data, input, blocks * width), [blocks, width, input]),
    bias: NdArray.zeros([blocks, width]),
    out: new NdArray(out.data, [blocks, width, output]),
  };
}

/**
 * Σₖ gₖ · f(x Wₖᵀ + bₖ) Vₖ over K blocks, each with a gate of its own for every example: a gate of exactly 0
 * closes its block.
 *
 * Closed blocks are skipped, forward and backward: for an example a block's weights take part only where its
 * gate is open, and a block that is closed for the whole batch is not read at all. Throws ShapeError where
 * the shapes do not fit. Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5.
 * @param params weight W [K, S, in], bias b [K, S], out V [K, S, out]
 * @param x      [B, in]
 * @param gates  [B, K], any real numbers
 * @returns      [B, out]
 */
export function gatedBlocks(
  params: GatedBlocksParams<Tensor>,
  x: Tensor,
  gates: Tensor,
  options: GatedBlocksOptions = {},
): Tensor {
  const { activation = (a: Tensor) => a, closed = "skip" } = optionsOf("gatedBlocks", options, [
    "activation",
    "closed",
  ]);
  if (typeof activation !== "function")
    throw shapeError(`gatedBlocks: activation must be a function, received ${show(activation)}`);
  checkChoice("gatedBlocks: closed", closed, ["skip", "evaluate"]);
  checkTensors("gatedBlocks", [x, gates, params?.weight, params?.bias, params?.out]);
  if (everything && params.weight.rank === 2) return asDense(params, x, gates, activation);
  check(params, x, gates);
  return (closed === "skip" && !everything ? routed : evaluated)(params, x, gates, activation);
}

/** Whether closed blocks are computed whatever the callers of gatedBlocks say. */
let everything = false;

/** Whether what is traced now is computed in full, see `evaluatingAll`. */
export const evaluatesAll = (): boolean => everything;

/**
 * What `trace` gives, with every gatedBlocks and every product of a recurrent cell in it computed in full, in whole matrix products: the program that
 * skipping has to beat.
 * What is sent is the same but for roundings. Incoming weights may lie as those of a dense layer, [in, K·S].
 */
export function evaluatingAll<T>(trace: () => T): T {
  const before = everything;
  everything = true;
  try {
    return trace();
  } finally {
    everything = before;
  }
}

type Activation = (a: Tensor) => Tensor;

function routed({ weight, bias, out }: GatedBlocksParams<Tensor>, x: Tensor, gates: Tensor, f: Activation): Tensor {
  const open = routing(gates, { mayTakeAll: true });
  const gate = toPairs(reshape(gates, [...gates.shape, 1]), open, "gates");
  // Where all pairs are taken, because few are closed, those must neither send nor learn, whatever f makes of them.
  const ofOpen = (c: Tensor): Tensor => where(notEqual(gate, 0), c, 0);
  const a = ofOpen(add(toBlocks(x, weight, open), toPairs(bias, open, "blocks")));
  return fromBlocks(ofOpen(mul(f(a), gate)), out, open);
}

function evaluated({ weight, bias, out }: GatedBlocksParams<Tensor>, x: Tensor, gates: Tensor, f: Activation): Tensor {
  const [blocks, width, input] = weight.shape as readonly [number, number, number];
  const [batch, units] = [x.shape[0]!, blocks * width];
  // Units come first, so that the weights' gradients have the weights' own layout and their update is computed in the same pass.
  const a = add(matmul(reshape(weight, [units, input]), transpose(x)), reshape(bias, [units, 1]));
  const sent = mul(reshape(f(a), [blocks, width, batch]), reshape(transpose(gates), [blocks, 1, batch]));
  return matmul(transpose(reshape(sent, [units, batch])), reshape(out, [units, out.shape[2]!]));
}

/** The same with incoming weights [in, K·S], which a product of few examples reads more quickly. */
function asDense({ weight, bias, out }: GatedBlocksParams<Tensor>, x: Tensor, gates: Tensor, f: Activation): Tensor {
  const [blocks, width] = bias.shape as readonly [number, number];
  const [batch, units] = [x.shape[0]!, blocks * width];
  const a = add(matmul(x, weight), reshape(bias, [units]));
  const sent = mul(reshape(f(a), [batch, blocks, width]), reshape(gates, [batch, blocks, 1]));
  return matmul(reshape(sent, [batch, units]), reshape(out, [units, out.shape[2]!]));
}

function check({ weight, bias, out }: GatedBlocksParams<Tensor>, x: Tensor, gates: Tensor): void {
  const fits =
    weight.rank === 3 &&
    out.rank === 3 &&
    x.rank === 2 &&
    sameShape(bias.shape, weight.shape.slice(0, 2)) &&
    sameShape(out.shape.slice(0, 2), bias.shape) &&
    x.shape[1] === weight.shape[2] &&
    sameShape(gates.shape, [x.shape[0]!, weight.shape[0]!]);
  if (!fits)
    throw shapeError(
      `gatedBlocks: needs x [B, in], gates [B, K], weight [K, S, in], bias [K, S] and out [K, S, out], received ${[x, gates, weight, bias, out].map(({ shape }) => showShape(shape)).join(", ")}`,
    );
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
