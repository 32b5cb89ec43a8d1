import type { NdArray, Shape } from "./ndarray.ts";
import { apply } from "./op.ts";
import { broadcastTo } from "./ops/broadcast-to.ts";
import { fromPairsOp, type PairTable, toPairs } from "./ops/pairs.ts";
import { reshape } from "./ops/reshape.ts";
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
  const { batch, blocks } = source.attrs as PairAttrs;
  const routing = { plan: source.inputs[1]!, batch, blocks };
  const pairs = new Reading(routing).closedIsZero(x);
  return pairs && { pairs, routing };
}

/** Ops that give 0 where their first operand is 0, or one of both, or both. */
const zeroWhere: Readonly<Record<string, "first" | "either" | "both">> = {
  neg: "first",
  abs: "first",
  sign: "first",
  alias: "first",
  stopGradient: "first",
  reshape: "first",
  div: "first",
  mul: "either",
  add: "both",
  sub: "both",
};

const differsFromZero = new Set(["less", "notEqual"]);
const comparisons = new Set(["less", "lessEqual", "equal", "notEqual"]);

/** Where gradients leave pair space on the way to `x`: the first such op that is found. */
function sourceOf(x: Tensor): Tensor | undefined {
  const seen = new Set([x]);
  for (const node of seen) {
    if (leavesPairSpace(node)) return node;
    if (node.op.name in zeroWhere || differsFromZero.has(node.op.name) || node.op.name === "where")
      for (const input of node.inputs) seen.add(input);
  }
  return undefined;
}

const leavesPairSpace = ({ op, attrs }: Tensor): boolean =>
  op.name === fromPairsOp.name && (attrs as { readonly table: PairTable }).table === "gates";

/** What only changes the gradient, or the shape. */
const wrappers = new Set(["alias", "stopGradient", "customGradient", "reshape"]);
function unwrapped(x: Tensor): Tensor {
  let inner = x;
  while (wrappers.has(inner.op.name)) inner = inner.inputs[0]!;
  return inner;
}

function isZero(x: Tensor): boolean {
  const { op, attrs, size } = x.op.name === "broadcastTo" ? x.inputs[0]! : x;
  return op.name === "constant" && size === 1 && (attrs as NdArray).data[0] === 0;
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
    const [a, b, c] = x.inputs as readonly [Tensor, Tensor, Tensor];
    const rule = zeroWhere[x.op.name];
    if (differsFromZero.has(x.op.name)) return this.#unlikeZero(x, a, b);
    if (x.op.name === "where") return this.#chosen(x.shape, a, b, c);
    if (rule === undefined) return undefined;
    if (x.op.name === "reshape") return this.closedIsZero(a);
    const first = this.closedIsZero(a);
    if (rule === "either") {
      if (first) return apply(x.op, [first, this.#at(b, x.shape)], x.attrs);
      const second = this.closedIsZero(b);
      return second && apply(x.op, [this.#at(a, x.shape), second], x.attrs);
    }
    if (!first) return undefined;
    if (b === undefined) return apply(x.op, [first], x.attrs);
    const second = rule === "both" ? this.closedIsZero(b) : this.#at(b, x.shape);
    return second && apply(x.op, [first, second], x.attrs);
  }

  /** 0 < x, x < 0 and x ≠ 0 are false where x is 0. */
  #unlikeZero(x: Tensor, a: Tensor, b: Tensor): Tensor | undefined {
    const [first, second] = [a, b].map((operand) => (isZero(operand) ? operand : this.closedIsZero(operand)));
    if (!first || !second) return undefined;
    const operands = [a, b].map((operand) => this.#at(operand, x.shape));
    return apply(x.op, operands, x.attrs);
  }

  #chosen(shape: Shape, mask: Tensor, a: Tensor, b: Tensor): Tensor | undefined {
    const [first, second] = [a, b].map((x) => (isZero(x) ? 0 : this.closedIsZero(x)));
    return first === undefined || second === undefined ? undefined : where(this.#at(mask, shape), first, second);
  }

  /** A tensor that broadcasts to `shape`, [B, K] or [B, K, 1], at the pairs: [B·K, 1] in pair space, or one number as it is. */
  #at(x: Tensor, shape: Shape): Tensor {
    if (x.size === 1) return reshape(x, []);
    if (x.op.name === "broadcastTo" && x.inputs[0]!.size === 1) return reshape(x.inputs[0]!, []);
    const known = this.closedIsZero(x);
    if (known) return known;
    if (!comparisons.has(x.op.name)) return this.#gathered(x, shape);
    // Masks are worked out at the pairs: what they compare is there already, or is smaller.
    const operands = x.inputs.map((operand) => this.#at(operand, shape));
    return apply(x.op, operands, x.attrs);
  }

  #gathered(x: Tensor, shape: Shape): Tensor {
    const { batch, blocks } = this.#routing;
    if (shape.length === 2 && x.size === blocks && x.shape.at(-1) === blocks)
      return toPairs(reshape(x, [blocks, 1]), this.#routing, "blocks");
    return toPairs(reshape(broadcastTo(x, shape), [batch, blocks, 1]), this.#routing, "gates");
  }
}
