import { applications, dependencies } from "./evaluate.ts";
import { isOp } from "./op.ts";
import { barrier } from "./ops/barrier.ts";
import { constantOp } from "./ops/constant.ts";
import { copyGradient } from "./ops/custom-gradient.ts";
import { routingOp } from "./ops/routing.ts";
import { type Region, regionOf } from "./region.ts";
import { Tensor } from "./tensor.ts";

const isNumber = (x: Tensor): boolean => isOp(x, constantOp) && x.size === 1;

/** The lists of open pairs are small, and everything in pair space is counted by the same one. */
const isAlwaysKept = (x: Tensor): boolean => x.inputs.length === 0 || isOp(x, routingOp);

/**
 * What regions computed, once more, for the gradients of some tensors. A region is computed from what it reads of tensors outside, and what others read of
 * it is kept: both are there anyway.
 */
export class Copies {
  readonly #kept = new Set<Tensor>();
  readonly #copies = new Map<Tensor, Tensor>();
  readonly #barriers = new Map<Tensor, Tensor>();
  readonly #hasRegions: boolean;

  /**
   * @param nodes what is differentiated
   * @param given what counts as made of nothing
   */
  constructor(nodes: readonly Tensor[], given: ReadonlySet<Tensor>) {
    this.#hasRegions = nodes.some(regionOf);
    if (!this.#hasRegions) return;
    for (const x of given) this.#kept.add(x);
    for (const node of nodes) for (const x of dependencies(node)) if (regionOf(x) !== regionOf(node)) this.#kept.add(x);
  }

  /** The region of what made `node`, if it is in one. */
  regionOf(node: Tensor): Region | undefined {
    return this.#hasRegions ? regionOf(node) : undefined;
  }

  /** What a gradient within a region reads in place of `x`: of what the region computed the copy. */
  of(x: Tensor, region: Region): Tensor {
    if (!this.#isCopied(x, region)) return x;
    if (!this.#copies.has(x)) this.#copy(x, region);
    return this.#copies.get(x)!;
  }

  /** The same for tensors that were made from `since` on: those that read what the region computed, such as by what a function remembers, are made again. */
  reading(parts: readonly (Tensor | undefined)[], region: Region, since: number): readonly (Tensor | undefined)[] {
    const fresh = new Set(parts.filter((part) => part !== undefined));
    for (const node of fresh) {
      if (node.id < since) continue;
      for (const x of node.inputs) fresh.add(x);
    }
    const made = new Map<Tensor, Tensor>();
    const inPlaceOf = (x: Tensor): Tensor => made.get(x) ?? this.of(x, region);
    const nodes = [...fresh].filter(({ id }) => id >= since).sort((a, b) => a.id - b.id);
    for (const node of applications(nodes)) {
      const inputs = node.inputs.map(inPlaceOf);
      if (inputs.some((x, i) => x !== node.inputs[i])) again(node, inputs, made);
    }
    return parts.map((part) => part && inPlaceOf(part));
  }

  #isCopied(x: Tensor, region: Region): boolean {
    return regionOf(x) === region && !this.#kept.has(x) && !isAlwaysKept(x);
  }

  #copy(x: Tensor, region: Region): void {
    const open = new Set([x]);
    for (const node of open)
      for (const y of dependencies(node)) if (this.#isCopied(y, region) && !this.#copies.has(y)) open.add(y);
    for (const node of applications([...open].sort((a, b) => a.id - b.id))) {
      const count = dependencies(node).length;
      // What only receives gradient isn't read.
      const inputs = node.inputs.map((y, i) => {
        if (i >= count) return y;
        return this.#isCopied(y, region) ? this.#copies.get(y)! : this.#behindBarrier(y);
      });
      again(node, inputs, this.#copies);
      // What a second derivative brings here belongs to the one tensor that this is a copy of.
      for (const y of node.outputs) this.#copies.set(y, copyGradient(this.#copies.get(y)!, y));
    }
  }

  #behindBarrier(x: Tensor): Tensor {
    if (isNumber(x) || isOp(x, routingOp)) return x;
    const found = this.#barriers.get(x) ?? barrier(x);
    this.#barriers.set(x, found);
    return found;
  }
}

/** Applies the op that made `node` to other inputs. */
function again(node: Tensor, inputs: readonly Tensor[], made: Map<Tensor, Tensor>): void {
  const { op, attrs, outputs } = node;
  const fresh =
    outputs.length === 1 ? [new Tensor(op, inputs, attrs, node)] : Tensor.several(op, inputs, attrs, outputs);
  for (const [i, output] of outputs.entries()) made.set(output, fresh[i]!);
}
