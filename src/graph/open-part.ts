import type { Shape } from "./ndarray.ts";
import { apply, isMulti, isOp, type Op, type ZeroRule } from "./op.ts";
import { broadcastTo, broadcastToOp } from "./ops/broadcast-to.ts";
import { constantOp } from "./ops/constant.ts";
import { fromPairsOp, toPairs } from "./ops/pairs.ts";
import { reshape, reshapeOp } from "./ops/reshape.ts";
import { where } from "./ops/where.ts";
import type { PairAttrs, Routing } from "./pair-space.ts";
import type { Tensor } from "./tensor.ts";

/** A tensor [B, K] that is 0 wherever a gate is closed, given by what it is at open pairs. */
export interface OpenPart {
  /** [B·K, 1] in pair space */
  readonly pairs: Tensor;
  readonly routing: Routing;
}

/**
 * What `x` is at the open pairs of some gates, if the way in which it is made says that it is 0 at all others: as with a gradient that came
 * through `fromPairs`, or through the gates themselves, and was only multiplied since. Numbers are taken to be finite.
 * @param x [B, K]
 */
export function openPart(x: Tensor): OpenPart | undefined {
  const source = sourceOf(x);
  if (!source) return undefined;
  const { batch, blocks } = source.attrs;
  const routing = { plan: source.inputs[1]!, batch, blocks };
  const pairs = new Reading(routing).closedIsZero(x);
  return pairs && { pairs, routing };
}

/** Where gradients leave pair space on the way to `x`: the first such op that is found. */
function sourceOf(x: Tensor) {
  const seen = new Set([x]);
  for (const node of seen) {
    if (leavesPairSpace(node)) return node;
    if (zeroRule(node)) for (const input of node.inputs) seen.add(input);
  }
  return undefined;
}

const zeroRule = ({ op }: Tensor): ZeroRule | undefined => (isMulti(op) ? undefined : op.zeroWhere);

const leavesPairSpace = (x: Tensor): x is Tensor & { readonly attrs: PairAttrs } =>
  isOp(x, fromPairsOp) && x.attrs.table === "gates";

/** Without what only changes the gradient, or the shape. */
function unwrapped(x: Tensor): Tensor {
  let inner = x;
  while (inner.op.isAlias || isOp(inner, reshapeOp)) inner = inner.inputs[0]!;
  return inner;
}

function isZero(x: Tensor): boolean {
  const one = isOp(x, broadcastToOp) ? x.inputs[0]! : x;
  return isOp(one, constantOp) && one.size === 1 && one.attrs.data[0] === 0;
}

/** Tensors as they are at the pairs of one routing. */
class Reading {
  readonly #routing: Routing;
  readonly #gates: Tensor;
  readonly #known = new Map<Tensor, Tensor | undefined>();

  constructor(routing: Routing) {
    this.#routing = routing;
    this.#gates = unwrapped(routing.plan.inputs[0]!);
  }

  /** [B·K, 1] in pair space, if x is 0 at all other pairs. */
  closedIsZero(x: Tensor): Tensor | undefined {
    if (!this.#known.has(x)) this.#known.set(x, this.#closedIsZero(x));
    return this.#known.get(x);
  }

  #closedIsZero(x: Tensor): Tensor | undefined {
    const { batch, blocks, plan } = this.#routing;
    const [rows, columns, ...inner] = x.shape;
    if (rows !== batch || columns !== blocks || inner.some((length) => length !== 1)) return undefined;
    if (leavesPairSpace(x) && x.inputs[1] === plan) return reshape(x.inputs[0]!, [batch * blocks, 1]);
    if (unwrapped(x) === this.#gates) return this.#gathered(x, x.shape);
    const { op, attrs } = x;
    if (isMulti(op) || op.zeroWhere === undefined) return undefined;
    const [a, b, c] = x.inputs as readonly [Tensor, Tensor, Tensor];
    if (isOp(x, reshapeOp)) return this.closedIsZero(a);
    switch (op.zeroWhere) {
      case "equal":
        return this.#unequal(op, x, a, b);
      case "chosen":
        return this.#chosen(x.shape, a, b, c);
      case "either": {
        const first = this.closedIsZero(a);
        if (first) return apply(op, [first, this.#at(b, x.shape)], attrs);
        const second = this.closedIsZero(b);
        return second && apply(op, [this.#at(a, x.shape), second], attrs);
      }
    }
    const first = this.closedIsZero(a);
    if (!first) return undefined;
    if (b === undefined) return apply(op, [first], attrs);
    const second = op.zeroWhere === "both" ? this.closedIsZero(b) : this.#at(b, x.shape);
    return second && apply(op, [first, second], attrs);
  }

  /** 0 < x, x < 0 and x ≠ 0 are false where x is 0. */
  #unequal(op: Op<unknown>, x: Tensor, a: Tensor, b: Tensor): Tensor | undefined {
    const [first, second] = [a, b].map((operand) => (isZero(operand) ? operand : this.closedIsZero(operand)));
    if (!first || !second) return undefined;
    return apply(
      op,
      [a, b].map((operand) => this.#at(operand, x.shape)),
      x.attrs,
    );
  }

  #chosen(shape: Shape, mask: Tensor, a: Tensor, b: Tensor): Tensor | undefined {
    const [first, second] = [a, b].map((x) => (isZero(x) ? 0 : this.closedIsZero(x)));
    return first === undefined || second === undefined ? undefined : where(this.#at(mask, shape), first, second);
  }

  /** A tensor that broadcasts to `shape`, [B, K] or [B, K, 1], at the pairs: [B·K, 1] in pair space, or one number as it is. */
  #at(x: Tensor, shape: Shape): Tensor {
    if (x.size === 1) return reshape(x, []);
    if (isOp(x, broadcastToOp) && x.inputs[0]!.size === 1) return reshape(x.inputs[0]!, []);
    const known = this.closedIsZero(x);
    if (known) return known;
    const { op, attrs } = x;
    if (isMulti(op) || !op.isMask) return this.#gathered(x, shape);
    // Masks are computed at the pairs: what they compare is there already, or is smaller.
    const operands = x.inputs.map((operand) => this.#at(operand, shape));
    return apply(op, operands, attrs);
  }

  #gathered(x: Tensor, shape: Shape): Tensor {
    const { batch, blocks } = this.#routing;
    if (shape.length === 2 && x.size === blocks && x.shape.at(-1) === blocks)
      return toPairs(reshape(x, [blocks, 1]), this.#routing, "blocks");
    return toPairs(reshape(broadcastTo(x, shape), [batch, blocks, 1]), this.#routing, "gates");
  }
}
