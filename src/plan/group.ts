import { type Shape, sameShape, sizeOf } from "../graph/ndarray.ts";
import { limits } from "./codes.ts";
import type { MayJoin } from "./fusion.ts";
import { fitsRow, levelIn, spreadsOverRows, stridesAlong } from "./rows.ts";
import { alongProduct, hasWholeRows, isProduct, operandsOf, type Value, type View } from "./value.ts";

/** What a tape runs over. With columns (see rows.ts) it sees whole rows. */
export interface Space {
  readonly shape: Shape;
  readonly hasColumns: boolean;
  /** In pair space, the plan that says how many rows there are. */
  readonly limit?: View | undefined;
}

/** Registers besides the members' own: for an operand from outside (its value is given), or for one spread over rows. */
type Extra = Map<string, Value | undefined>;

/**
 * Values that one instruction makes: a matrix product with what follows it element by element and row by row, a cluster of
 * such operations, or a single other operation.
 *
 * A group's stage is larger than those of all groups that it reads from, which is what rules out cycles.
 */
export class Group {
  stage: number;
  readonly members: Value[] = []; // in order of index
  readonly roots: Value[] = []; // the matrix products among the members
  space: Space;
  readonly #inside = new Set<Value>();
  readonly #extra: Extra = new Map();
  #draws = false;

  constructor(stage: number, first: Value) {
    this.stage = stage;
    this.space = spaceOf(first);
    this.add([first], this.space);
  }

  get root(): Value | undefined {
    return this.roots[0];
  }

  /** An upper bound of the registers that its tape needs. */
  get #registers(): number {
    return this.members.length + this.roots.length + this.#extra.size;
  }

  add(values: readonly Value[], space: Space): void {
    this.space = space;
    const last = this.members.at(-1)?.index ?? -1;
    for (const value of values) {
      this.members.push(value);
      this.#inside.add(value);
      this.#draws ||= isDraw(value);
      if (isProduct(value)) this.roots.push(value);
    }
    if (values.some((v) => v.index < last)) {
      this.members.sort((a, b) => a.index - b.index);
      for (const [name, value] of this.#extra) if (value && this.#inside.has(value)) this.#extra.delete(name);
    }
    for (const value of values) addExtra(value, this.#inside, this.#extra);
  }

  /** What the value reads is not forgotten: the bound of registers stays what it was. */
  remove(value: Value): void {
    this.members.splice(this.members.indexOf(value), 1);
    this.#inside.delete(value);
  }

  /** All of it becomes part of another group. */
  moveTo(other: Group, space: Space, groupOf: Map<Value, Group>): void {
    for (const member of this.members) groupOf.set(member, other);
    other.add(this.members, space);
  }

  /** The space of this group's tape with others and some values in it, or undefined where that can't be. */
  with(others: readonly Group[], values: readonly Value[], mayJoin: MayJoin): Space | undefined {
    const groups = [this, ...others];
    const space = commonSpace([...groups.map((g) => g.space), ...values.map(spaceOf)]);
    if (!space || Group.#together(groups, values) > limits.MAX_REGISTERS) return undefined;
    const { shape, hasColumns } = space;
    // The numbers of a draw are those of the elements of its own shape.
    if (groups.some((g) => g.#draws && !sameShape(g.space.shape, shape))) return undefined;
    const { root } = this;
    const joining = others.flatMap((g) => g.members).concat(values);
    if (!joining.every((v) => mayJoin(v, { root, hasColumns }))) return undefined;
    if (!root) return joining.some(isProduct) ? undefined : space;
    if (joining.filter(isProduct).length + this.roots.length > limits.MAX_PRODUCTS) return undefined;
    if (!sameShape(root.shape, shape) || sizeOf(shape) === 0) return undefined;
    if (hasColumns && (shape.at(-1)! > limits.MAX_ROW_OF_PRODUCT || !hasWholeRows(root))) return undefined;
    return joining.every((v) => (isProduct(v) ? sameShape(v.shape, shape) : walksWithProduct(v, shape, root)))
      ? space
      : undefined;
  }

  /** The bound for one tape of all groups and values. */
  static #together(groups: readonly Group[], values: readonly Value[]): number {
    const fresh: Extra = new Map();
    for (const value of values) addExtra(value, new Set(), fresh);
    const sum = groups.reduce((n, g) => n + g.#registers, values.length + fresh.size);
    if (sum <= limits.MAX_REGISTERS) return sum;
    const inside = new Set(groups.flatMap((g) => g.members).concat(values));
    const extra: Extra = new Map([...groups.flatMap((g) => [...g.#extra]), ...fresh]);
    for (const [name, value] of extra) if (value && inside.has(value)) extra.delete(name);
    return inside.size + groups.reduce((n, g) => n + g.roots.length, 0) + extra.size;
  }
}

const keyOf = ({ make }: Value): View | undefined => (make.kind === "elementwise" ? make.key : undefined);
const isDraw = (value: Value): boolean => keyOf(value) !== undefined;

function addExtra(value: Value, inside: ReadonlySet<Value>, extra: Extra): void {
  if (isProduct(value)) return;
  for (const view of operandsOf(value)) {
    const { value: operand, offset, strides } = view;
    if (spreadsOverRows(view)) extra.set(`spread ${operand.index}`, undefined);
    if (inside.has(operand)) continue;
    const name = `${operand.index}@${offset}[${strides}]`;
    extra.set(name, operand);
    // Where the tape writes over an input that is read to the end, what replaces it waits in a register of its own.
    if (operand.make.kind === "input") extra.set(`over ${operand.index}`, undefined);
  }
}

/** What a value asks of its tape. */
const spaceOf = ({ make, shape, limit }: Value): Space =>
  make.kind === "reduce" ? { shape: make.of.shape, hasColumns: true, limit } : { shape, hasColumns: false, limit };

/** What a tape of all parts would run over: the shape of the largest; what is smaller becomes columns. */
function commonSpace(parts: readonly Space[]): Space | undefined {
  const { shape, limit } = parts.reduce((a, b) => (sizeOf(b.shape) > sizeOf(a.shape) ? b : a));
  if (parts.some((part) => part.limit?.value !== limit?.value)) return undefined;
  let hasColumns = false;
  for (const part of parts) {
    const isFull = sameShape(part.shape, shape);
    if (!isFull && (part.hasColumns || levelIn(shape, part.shape) !== "column")) return undefined;
    hasColumns ||= !isFull || part.hasColumns;
  }
  return hasColumns && !fitsRow(shape.at(-1) ?? 0) ? undefined : { shape, hasColumns, limit };
}

/** Whether the axes of a product's tape, see `alongProduct`, walk along with all operands. */
const walksWithProduct = (value: Value, shape: Shape, root: Value): boolean =>
  operandsOf(value).every(
    (view) =>
      view === keyOf(value) || alongProduct({ shape, offset: 0, strides: stridesAlong(view, value, shape) }, root),
  );
