import { add, clip, div, leaves, maximum, mul, sqrt, square, sum, type Tensor, type Tree } from "../graph/index.ts";
import type { PartCard } from "../options/index.ts";
import { checkNumber } from "../rules.ts";
import type { Optimizer } from "./optimizer.ts";
import { mapTrees } from "./trees.ts";

/** What a page says about each way to clip. */
export const cards = {
  clipValue: {
    title: "clipping by value",
    summary: "Each number of the gradient is brought into an interval. The gradient's direction changes.",
    formula: "g \\leftarrow \\min(\\max(g, -c), c)",
  },
  clipNorm: {
    title: "clipping by norm",
    summary:
      "The gradient of all parameters together is shortened where it is too long. Recurrent networks need it most.",
    formula: "g \\leftarrow g \\cdot \\min(1, c / \\lVert g\\rVert)",
    source:
      "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, https://arxiv.org/abs/1211.5063",
  },
} as const satisfies Record<string, PartCard>;

/**
 * `optimizer` on gradients whose every number is brought into [−limit, limit]. Throws UserError unless limit > 0.
 * Mikolov, "Statistical language models based on neural networks", 2012.
 */
export function clipValue(optimizer: Optimizer, limit: number): Optimizer {
  checkNumber("clip: value", limit, { above: 0 });
  return {
    ...optimizer,
    update: (params, grads, state, rate) =>
      optimizer.update(
        params,
        mapTrees((g) => clip(g!, -limit, limit), grads),
        state,
        rate,
      ),
  };
}

/**
 * `optimizer` on gradients scaled by min(1, limit/‖g‖), with the norm over all parameters together; all are NaN where ‖g‖² overflows.
 * Throws UserError unless limit > 0. Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.
 */
export function clipNorm(optimizer: Optimizer, limit: number): Optimizer {
  checkNumber("clip: norm", limit, { above: 0 });
  return {
    ...optimizer,
    update(params, grads, state, rate) {
      const norm = globalNorm(grads);
      // The last term is 0, or NaN for a norm that isn't finite: limit/∞ = 0 would stop the training without a word.
      const factor = add(div(limit, maximum(norm, limit)), mul(norm, 0));
      return optimizer.update(
        params,
        mapTrees((g) => mul(g!, factor), grads),
        state,
        rate,
      );
    },
  };
}

/** √Σ x² over all leaves. [] */
export const globalNorm = (tree: Tree<Tensor>): Tensor =>
  sqrt(
    leaves(tree)
      .map(({ value }) => sum(square(value)))
      .reduce((a, b) => add(a, b)),
  );
