import { optionsOf } from "../graph/arguments.ts";
import {
  add,
  broadcastTo,
  type ConvOptions,
  conv2d,
  mul,
  notEqual,
  reshape,
  showShape,
  type Tensor,
  where,
} from "../graph/index.ts";
import { checkTensors } from "../graph/operand.ts";
import { shapeError } from "../graph/site.ts";
import { windowOptions } from "../graph/window.ts";
import { checkChoice, show } from "../rules.ts";
import { evaluatesAll } from "./gated-blocks.ts";

/** The parameters of a convolution. */
export interface GatedChannelsParams<T> {
  /** [taps of rows, taps of columns, channels, features] */
  readonly weight: T;
  /** [features] */
  readonly bias: T;
  readonly [name: string]: T;
}

/** How a convolution of gated channels slides, and how it is computed. */
export interface GatedChannelsOptions extends Omit<ConvOptions, "groups" | "open"> {
  /** What a feature outputs, element by element (default: the identity). It must be finite at 0. */
  readonly activation?: ((a: Tensor) => Tensor) | undefined;
  /**
   * What becomes of closed gates' gradient. skip: a group of features is computed for the images whose gate is not exactly 0, and nothing flows
   * to closed gates. evaluate: every group is computed, and ∂loss/∂gate is there for closed gates as well.
   */
  readonly closed?: "skip" | "evaluate" | undefined;
  /**
   * Gates [B, J] that the channels of x lie behind, J equal groups one after the other. Where one is exactly 0, x must be 0; its channels are
   * not read then, and get no gradient (default: all are read).
   */
  readonly behind?: Tensor | undefined;
}

const own = ["activation", "closed", "behind"] as const;

/**
 * gₖ · f(x ∗ Wₖ + bₖ): a convolution whose features are cut into K equal groups, one after the other, each with a gate of its own for every image. A
 * gate of exactly 0 closes its group.
 *
 * Closed groups are skipped, forward and backward: for an image neither are their features computed nor do their weights and biases get a
 * gradient. Throws ShapeError where the shapes do not fit. Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5.
 * @param params weight W [taps, taps, channels, features], bias b [features]
 * @param x      [B, rows, columns, channels]
 * @param gates  [B, K], any real numbers
 * @returns      [B, places, places, features], 0 in closed groups
 */
export function gatedChannels(
  params: GatedChannelsParams<Tensor>,
  x: Tensor,
  gates: Tensor,
  options: GatedChannelsOptions = {},
): Tensor {
  const {
    activation = (a: Tensor) => a,
    closed = "skip",
    behind,
    ...sliding
  } = optionsOf("gatedChannels", options, [...windowOptions, ...own]);
  if (typeof activation !== "function")
    throw shapeError(`gatedChannels: activation must be a function, received ${show(activation)}`);
  checkChoice("gatedChannels: closed", closed, ["skip", "evaluate"]);
  checkTensors("gatedChannels", [x, gates, params?.weight, params?.bias, ...(behind === undefined ? [] : [behind])]);
  check(params, x, gates);
  const { weight, bias } = params;
  const { y, gate, skips } = openConvolution(weight, x, gates, { ...sliding, closed, behind });
  // Whatever the bias of a closed group is, it must neither output nor learn: chosen for each image, not for each place of it.
  const a = add(y, skips ? atEachPlace(where(notEqual(gate, 0), bias, 0)) : bias);
  return mul(activation(a), atEachPlace(gate));
}

/** What a convolution behind gates gives before its activation. */
export interface OpenConvolution {
  /** x ∗ W [B, places, places, features], 0 where a group is skipped. */
  readonly y: Tensor;
  /** The gate of each feature [B, features]. No gradient flows to it where its group is skipped. */
  readonly gate: Tensor;
  /** Whether closed groups are skipped. */
  readonly skips: boolean;
}

/** The convolution of `gatedChannels` without bias, activation and gates' factor. */
export function openConvolution(
  weight: Tensor,
  x: Tensor,
  gates: Tensor,
  { closed = "skip", behind, ...sliding }: Omit<GatedChannelsOptions, "activation">,
): OpenConvolution {
  const each = gatePerFeature(gates, weight.shape[3]!);
  if (closed === "evaluate" || evaluatesAll()) return { y: conv2d(x, weight, sliding), gate: each, skips: false };
  const gate = where(notEqual(each, 0), each, 0);
  return { y: conv2d(x, weight, { ...sliding, open: { features: gate, channels: behind } }), gate, skips: true };
}

/** [B, features] → [B, 1, 1, features] */
export const atEachPlace = (values: Tensor): Tensor => reshape(values, [values.shape[0]!, 1, 1, values.shape[1]!]);

/** [B, features] */
function gatePerFeature(gates: Tensor, features: number): Tensor {
  const [batch, groups] = gates.shape as readonly [number, number];
  const each = broadcastTo(reshape(gates, [batch, groups, 1]), [batch, groups, features / groups]);
  return reshape(each, [batch, features]);
}

function check({ weight, bias }: GatedChannelsParams<Tensor>, x: Tensor, gates: Tensor): void {
  const [batch, groups] = gates.shape;
  const features = weight.shape[3];
  const fits =
    x.rank === 4 &&
    weight.rank === 4 &&
    gates.rank === 2 &&
    batch === x.shape[0] &&
    bias.rank === 1 &&
    bias.shape[0] === features &&
    groups! > 0 &&
    features! % groups! === 0;
  if (!fits)
    throw shapeError(
      `gatedChannels: needs x [B, rows, columns, channels], gates [B, K], weight [taps, taps, channels, features] and bias [features], with features a multiple of K, received ${[x, gates, weight, bias].map(({ shape }) => showShape(shape)).join(", ")}`,
    );
}
