import { sameShape } from "../graph/ndarray.ts";
import { limits } from "./codes.ts";
import type { MayJoin } from "./fusion.ts";
import { sink } from "./sink.ts";
import { isSource, isWhole, operandsOf, type Value, type View } from "./value.ts";
import { asMatrices } from "./view.ts";

/**
 * Values that one instruction makes: a matrix product with what follows it element by element, a cluster of
 * elementwise operations, or a single other operation.
 *
 * A group's stage is larger than those of all groups that it reads from, which is what rules out cycles.
 */
export interface Group {
  stage: number;
  readonly root?: Value; // the matrix product, where there is one
  readonly members: Value[]; // in order of index, root included
  /** An upper bound of the registers its tape needs. */
  registers: number;
}

/** A tape that writes each result to a register of its own fits whatever the order. */
const ROOM = limits.MAX_REGISTERS;

const isElementwise = (value: Value): boolean => value.make.kind === "elementwise";

/** True where `reader` can take the operand from a register of the group that makes it. */
const inRegister = (view: View, reader: Value): boolean =>
  isWhole(view) &&
  sameShape(view.shape, reader.shape) &&
  sameShape(view.value.shape, reader.shape) &&
  (isElementwise(view.value) || view.value.make.kind === "gemm");

/** Registers that a value adds to a tape: its own, and one for each operand (which may turn out to be there already). */
const registersOf = (value: Value): number => (value.make.kind === "elementwise" ? value.make.args.length + 1 : 1);

/** Sorts values into groups as far as `mayJoin` lets them. Linear in the number of operands. */
export function fuse(values: readonly Value[], kept: ReadonlySet<Value>, mayJoin: MayJoin): Map<Value, Group> {
  const groupOf = new Map<Value, Group>();
  const stageOf = (view: View): number => groupOf.get(view.value)?.stage ?? 0;

  for (const value of values) {
    if (isSource(value)) continue;
    const operands = operandsOf(value);
    if (!isElementwise(value)) {
      const stage = 1 + Math.max(0, ...operands.map(stageOf));
      const root = value.make.kind === "gemm" ? { root: value } : {};
      groupOf.set(value, { stage, ...root, members: [value], registers: 2 });
      continue;
    }
    const near = operands.filter((v) => inRegister(v, value));
    const stage = Math.max(1, ...operands.map((v) => stageOf(v) + (near.includes(v) || isSource(v.value) ? 0 : 1)));
    const hosts = [...new Set(near.map((v) => groupOf.get(v.value)!).filter((g) => g.stage === stage))];
    const host = join(hosts, value, groupOf, mayJoin);
    if (host) groupOf.set(value, host);
    else {
      const fresh = hosts.length > 0 ? stage + 1 : stage;
      groupOf.set(value, { stage: fresh, members: [value], registers: registersOf(value) });
    }
  }
  sink(values, groupOf, kept, inRegister, (value, group) => fits([group], value, mayJoin));
  return groupOf;
}

/** Whether the tape stays within its registers, and the operands can be walked along with a matrix product's tiles. */
function fits(hosts: readonly Group[], value: Value, mayJoin: MayJoin): boolean {
  if (hosts.reduce((n, g) => n + g.registers, registersOf(value)) > ROOM) return false;
  const roots = hosts.filter((g) => g.root);
  if (roots.length > 1) return false;
  const [host] = roots.length > 0 ? roots : hosts;
  if (!mayJoin(value, host!)) return false;
  if (roots.length === 0) return true;
  if (value.size === 0) return false;
  const along = (v: Value): boolean => walksWithMatrix(v) && mayJoin(v, host!);
  return hosts.every((g) => g.root !== undefined || g.members.every(along)) && walksWithMatrix(value);
}

const walksWithMatrix = (value: Value): boolean =>
  operandsOf(value).every((v) => v.shape.length < 2 || asMatrices(v) !== undefined);

/** Merges groups of one stage and adds the value; undefined where that can't be. */
function join(hosts: readonly Group[], value: Value, groupOf: Map<Value, Group>, mayJoin: MayJoin): Group | undefined {
  if (hosts.length === 0 || !fits(hosts, value, mayJoin)) return undefined;
  const [first] = [...hosts].sort(
    (a, b) => Number(b.root !== undefined) - Number(a.root !== undefined) || b.members.length - a.members.length,
  );
  for (const other of hosts) {
    if (other === first) continue;
    for (const member of other.members) groupOf.set(member, first!);
    first!.members.push(...other.members);
    first!.members.sort((a, b) => a.index - b.index);
    first!.registers += other.registers;
  }
  first!.members.push(value);
  first!.registers += registersOf(value);
  return first;
}
