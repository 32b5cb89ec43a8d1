import type { NdArray, Shape, Tensor } from "../../graph/index.ts";
import { type Configurable, configurable, type Options, type Values } from "../../options/index.ts";
import type { Key } from "../../random/index.ts";

/** What a member of the table says about itself. */
export interface GaterCard {
  /** Its name in configs, on the command line and in tables. */
  readonly name: string;
  readonly title: string;
  /** One sentence: how the gates are computed. */
  readonly summary: string;
  /** The gates' pre-activations, in TeX. */
  readonly formula: string;
  /** Multiply-adds for one example in TeX, n inputs, K blocks. */
  readonly cost: string;
  /** Authors, year, title and address. */
  readonly source: string;
}

/** One layer of a gater, as a model's table shows it. */
export interface GaterLayer {
  readonly kind: string; //           "dense"
  readonly input: number;
  readonly output: number;
  /** `incoming`: the axes along which a unit's weights lie (default: all but the last of a matrix). */
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: Shape;
    readonly incoming?: readonly number[];
    /** "by input": held as [K, 1, in], in checkpoints a matrix [in, K]. */
    readonly stored?: "by input";
  }[];
  readonly multiplyAdds: number; //   for one example, forward
  readonly activation: string; //     the name of what follows it; "linear" in the last
}

/** Parameters of one layer by name. */
type LayerParams<T> = { readonly [name: string]: T };

/**
 * A network that computes the gates' pre-activations. Which gates then open, and how the gater learns from it, is an
 * estimator's to say. It reads whatever the gated layer reads: behind a trunk of dense layers gater and expert share the trunk's features.
 * Block-level gating needs no gater of its own: with few wide blocks instead of many units, any of these has fewer gates to compute.
 */
export interface Gater {
  readonly card: GaterCard;
  /** One entry for each of the layers whose parameters `init` gives, in that order. */
  readonly layers: readonly GaterLayer[];
  /** For one example, forward: the sum over the layers. */
  readonly multiplyAdds: number;
  /** Fresh parameters, float32: one record for each of `layers`. */
  init(key: Key): LayerParams<NdArray>[];
  /**
   * The gates' pre-activations a: a gate is open with probability σ(a), or by whatever the estimator behind it makes of them.
   * @param params as `init` gives them
   * @param x [B, in]
   * @returns [B, K]
   */
  scores(params: readonly LayerParams<Tensor>[], x: Tensor): Tensor;
  /** Where the gates are one-hot variables whose logits are the scores: the classes of each. Their estimator must have the same. */
  readonly classes?: number;
  /** Where the gater can decide by itself, without noise and without working out every score: for inference. */
  readonly decision?: {
    readonly multiplyAdds: number; // for one example
    /** Which gates are open: x [B, in] → 1 or 0 [B, K]. */
    gates(params: readonly LayerParams<Tensor>[], x: Tensor): Tensor;
  };
}

/** Between what sizes a gater stands: n inputs and K gates, one for each block. */
export interface GaterSizes {
  readonly input: number;
  readonly blocks: number;
  /**
   * Whether gradient reaches the scores through open gates alone. A large last map then does its backward work for those alone, which it
   * lays out its weights for (default: no).
   */
  readonly learnsFromOpen?: boolean | undefined;
}

/** A gater's factory, with its card and options: a row of the table. */
export const gaterOf = <const O extends Options>(
  card: GaterCard,
  options: O,
  make: (values: Values<O>, sizes: GaterSizes) => Gater,
): Configurable<O, Gater, [GaterSizes]> & { readonly card: GaterCard } =>
  Object.assign(configurable<O, Gater, [GaterSizes]>(`gater ${card.name}`, options, make), { card });
