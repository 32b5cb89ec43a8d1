import { add, argmax, log, neg, oneHot, type Tensor } from "../../graph/index.ts";
import type { Key } from "../../random/key.ts";
import { variables } from "./variables.ts";

/** Standard Gumbel noise −log(−log u) of a layer's units. Returns [B, N, C]. */
export const gumbel = (a: Tensor, key: Key, classes: number): Tensor =>
  neg(log(neg(log(variables(key.uniform(a.shape, { dtype: a.dtype, open: true }), classes)))));

/**
 * Each class's logit and a Gumbel of its own: the largest is class c with probability softmax(a)_c. One uniform draw for each unit, and
 * not one for each variable, because the relaxations need to know by how much a class won.
 * @param a [B, H] logits
 * @returns [B, N, C]
 */
export const race = (a: Tensor, key: Key, classes: number): Tensor =>
  add(variables(a, classes), gumbel(a, key, classes));

/**
 * 1 for the winner of each variable and 0 for the others. Draws are on a grid of 2²³ points, so two equal classes tie once in
 * 2²³ races; the first of them wins, and there is always exactly one 1. No gradient flows through it.
 * [B, N, C] → [B, N, C]
 */
export const winners = (raced: Tensor): Tensor => oneHot(argmax(raced), raced.shape[2]!, raced.dtype);
