import { sizeOf, stridesOf } from "../graph/ndarray.ts";
import { checkSize } from "../graph/size.ts";
import { type BlockProduct, denseAbove } from "./dense-above.ts";
import { emitConv, emitPool } from "./emit-conv.ts";
import type { Group } from "./group.ts";
import { emitLoop, oneStep } from "./loop.ts";
import { Arena, type Places } from "./memory.ts";
import type { Instruction, Location, Operand, Tape } from "./plan.ts";
import { stridesAlong } from "./rows.ts";
import type { Surroundings } from "./surroundings.ts";
import { makeTape, type TapeSource } from "./tape.ts";
import { leavesUntouched } from "./untouched.ts";
import { alongProduct, operandsOf, ownStrides, storedReaders, underlying, type Value, type View } from "./value.ts";
import { asMatrices, checkRank, collapse, type Layout, rowMajor } from "./view.ts";

/** Gives values their places and turns groups into instructions, in the order they run. */
export class Emitter {
  readonly instructions: Instruction[] = [];
  readonly arena: Places;
  readonly around: Surroundings;
  readonly #places: Map<Value, Location>;
  readonly #readers: Map<Value, Value[]>;
  readonly #waiting = new Map<Value, number>(); // groups that still have to read it
  readonly #groupOf: ReadonlyMap<Value, Group>;
  readonly #kept: ReadonlySet<Value>;
  readonly #inPlace: ReadonlyMap<Value, number>;

  /**
   * @param places where values lie that are not put into the arena
   * @param inPlace which of those are written over an input
   * @param arena where everything else is put
   */
  constructor(
    around: Surroundings,
    values: readonly Value[],
    groupOf: ReadonlyMap<Value, Group>,
    {
      kept,
      places,
      inPlace,
      arena = new Arena(),
    }: {
      readonly kept: ReadonlySet<Value>;
      readonly places: ReadonlyMap<Value, Location>;
      readonly inPlace: ReadonlyMap<Value, number>;
      readonly arena?: Places;
    },
  ) {
    this.around = around;
    this.arena = arena;
    this.#groupOf = groupOf;
    this.#kept = kept;
    this.#readers = storedReaders(values);
    this.#inPlace = inPlace;
    this.#places = new Map(places);
    for (const value of values) {
      const { make } = value;
      if (make.kind === "input") this.#places.set(value, around.input(make.index));
      else if (make.kind === "constant")
        this.#places.set(value, { buffer: around.constantsBuffer, offset: around.constants.add(make.data) });
      else if (make.kind !== "barrier") this.#waiting.set(value, this.#outsideGroups(value).size);
    }
  }

  #outsideGroups(value: Value): Set<Group> {
    const own = this.#groupOf.get(value);
    const groups = new Set((this.#readers.get(value) ?? []).map((r) => this.#groupOf.get(r)!));
    groups.delete(own!);
    return groups;
  }

  /** What emits a step of a loop among this one's instructions. */
  within(...[around, values, groupOf, options]: ConstructorParameters<typeof Emitter>): Emitter {
    return new Emitter(around, values, groupOf, options);
  }

  /** Room in the arena. */
  take(size: number): Location {
    return { buffer: this.around.arenaBuffer, offset: this.arena.take(size) };
  }

  /** Where a value is stored, if it is. */
  stored(value: Value): Location | undefined {
    return this.#isStored(value) ? this.#places.get(value) : undefined;
  }

  #isStored(value: Value): boolean {
    return value.size > 0 && (this.#kept.has(value) || this.#outsideGroups(value).size > 0);
  }

  locate(view: View): Location {
    const place = this.#places.get(underlying(view.value));
    if (!place) return { buffer: this.around.arenaBuffer, offset: 0 }; // only a value without elements has no place
    return { buffer: place.buffer, offset: place.offset + view.offset };
  }

  group(group: Group): void {
    if (group.members[0]!.make.kind === "barrier") return;
    const stored = group.members.filter((v) => this.#isStored(v));
    for (const value of stored) if (!this.#places.has(value)) this.#places.set(value, this.take(value.size));
    if (stored.length > 0) this.#emit(group);
    this.#release(group);
  }

  /** Gives back what nobody will read any more. */
  #release(group: Group): void {
    const read = new Set(group.members.flatMap((m) => operandsOf(m).map((v) => underlying(v.value))));
    for (const value of read) {
      const left = this.#waiting.get(value);
      if (left === undefined || this.#groupOf.get(value) === group) continue;
      this.#waiting.set(value, left - 1);
      const place = this.#places.get(value);
      if (left === 1 && !this.#kept.has(value) && place?.buffer === this.around.arenaBuffer)
        this.arena.give(place.offset);
    }
  }

  /** A view's elements one after the other. */
  copy(view: View, to: Location): void {
    if (sizeOf(view.shape) > 0) this.#place(view, rowMajor(view.shape), to);
  }

  /** Elements that lie one after the other, to another place if it is another. */
  moveTo(to: Location, from: Location, size: number): void {
    if (to.buffer === from.buffer && to.offset === from.offset) return;
    this.#move({ ...from, strides: [1] }, { ...to, strides: [1] }, [size]);
  }

  #move(from: Operand, to: Operand, dims: readonly number[]): void {
    const tape: Tape = {
      inputs: [{ kind: "operand", operand: from }],
      outputs: [to],
      temps: 0,
      columns: 0,
      keys: [],
      steps: [{ code: "MOVE", to: 1, args: [0] }],
    };
    this.instructions.push({ kind: "elementwise", dims, tape });
  }

  #fill(to: Location, size: number, bits: number): void {
    const tape: Tape = {
      inputs: [{ kind: "immediate", bits }],
      outputs: [{ ...to, strides: [1] }],
      temps: 0,
      columns: 0,
      keys: [],
      steps: [{ code: "MOVE", to: 1, args: [0] }],
    };
    this.instructions.push({ kind: "elementwise", dims: [size], tape });
  }

  #emit(group: Group): void {
    const { root } = group;
    if (group.members[0]!.make.kind === "loop") emitLoop(this, group.members);
    else if (root?.make.kind === "gemm" && this.around.packed)
      this.instructions.push(this.#products(group, this.around.packed));
    else if (root?.make.kind === "gemm" && root.make.k > 0 && isSparse(root.make))
      this.instructions.push(oneStep(this.#products(group, nothingPacked), root.shape[0]!));
    else if (root?.make.kind === "gemm") {
      if (root.make.k > 0) this.#gemm(group, root);
      else this.#emptyProduct(group, root);
    } else if (root?.make.kind === "blocksGradient") {
      if (emptyPairs(root.make.x, root.make.c)) this.#emptyProduct(group, root);
      else this.#blocksGradient(group, root);
    } else if (root?.make.kind === "conv") {
      if (root.size * sizeOf(root.make.a.shape) * sizeOf(root.make.b.shape) === 0) this.#emptyProduct(group, root);
      else emitConv(this, group, (stored) => this.#productTape(group, root, ownStrides(root), stored));
    } else if (group.members.length === 1 && group.members[0]!.make.kind !== "elementwise")
      this.#single(group.members[0]!);
    else this.#elementwise(group, group.members);
  }

  /** An operation that nothing is fused with. */
  #single(value: Value): void {
    const to = this.#places.get(value)!;
    const { make } = value;
    if (make.kind === "reduce") {
      const { how, outer, length, inner, of } = make;
      const integer = of.value.dtype === "int32";
      // A sum over nothing is 0; the other reductions refuse an empty axis when they are traced.
      if (length === 0) this.#fill(to, value.size, 0);
      else this.instructions.push({ kind: "reduce", how, integer, outer, length, inner, from: this.locate(of), to });
    } else if (make.kind === "gather" || make.kind === "scatterAdd") {
      const { kind, rows, inner } = make;
      const from = this.locate(make.kind === "gather" ? make.table : make.update);
      const count = sizeOf(make.index.shape);
      if (count === 0) this.#fill(to, value.size, 0);
      else this.instructions.push({ kind, rows, count, inner, from, index: this.locate(make.index), to });
    } else if (make.kind === "kthLargest" || make.kind === "topK") {
      const { kind, length, k, of } = make;
      this.instructions.push({ kind, rows: sizeOf(of.shape) / length, length, k, from: this.locate(of), to });
    } else if (make.kind === "foldKey") {
      const [keyStep, dataStep] = [make.key.shape.length > 1 ? 2 : 0, make.data.shape.length];
      const sizes = { count: value.size / 2, keyStep, dataStep };
      this.instructions.push({
        kind: "foldKey",
        ...sizes,
        key: this.locate(make.key),
        data: this.locate(make.data),
        to,
      });
    } else if (make.kind === "routing") {
      const { kind, batch, blocks, gates, mayTakeAll } = make;
      const above = mayTakeAll
        ? denseAbove(batch, blocks, this.#productsBy(value), this.around.kernels.kind)
        : batch * blocks;
      if (batch * blocks === 0) this.#fill(to, value.size, 0);
      else this.instructions.push({ kind, batch, blocks, denseAbove: above, gates: this.locate(gates), plan: to });
    } else if (make.kind === "toBlocks" || make.kind === "fromBlocks") this.#blockProduct(value, to);
    else if (make.kind === "toPairs" || make.kind === "fromPairs") {
      const { kind, table, batch, blocks, inner } = make;
      const [plan, from] = [this.locate(make.plan), this.locate(make.from)];
      if (sizeOf(make.from.shape) === 0 || value.size === 0) this.#fill(to, value.size, 0);
      else this.instructions.push({ kind, table, batch, blocks, inner, plan, from, to });
    } else if (make.kind === "pool") {
      if (value.size === 0 || sizeOf(make.from.shape) === 0) this.#fill(to, value.size, 0);
      else emitPool(this, value, to);
    } else if (make.kind === "assemble") {
      if (make.fill) this.#fill(to, value.size, 0);
      for (const { from, at } of make.parts) if (sizeOf(from.shape) > 0) this.#place(from, at, to);
    }
  }

  #place(from: View, at: Layout, to: Location): void {
    const { dims, strides } = collapse(from.shape, [from.strides, at.strides]);
    checkRank("concat", dims);
    const target = { buffer: to.buffer, offset: to.offset + at.offset, strides: strides[1]! };
    this.#move({ ...this.locate(from), strides: strides[0]! }, target, dims);
  }

  /** The products with blocks that a plan of open pairs is used for. */
  #productsBy(plan: Value): BlockProduct[] {
    return (this.#readers.get(plan) ?? []).flatMap(({ make, shape }) => {
      const weights = make.kind === "blocksGradient" ? shape : "m" in make ? make.m.shape : undefined;
      return weights ? [{ units: weights[1]!, depth: weights[2]! }] : [];
    });
  }

  /** Scratch for the matrix product that an operation on blocks becomes where all pairs are taken. */
  #withScratch(m: number, n: number, k: number, emit: (packed: Location) => void): void {
    const scratch = this.around.kernels.gemmScratch(m, n, k);
    // Kernels count what they pack in whole tiles.
    if (scratch !== 0) checkSize("matmul: an operand in whole tiles,", [roundUp(m, 16), roundUp(k, 32)]);
    const offset = this.arena.take(scratch || 1, true);
    emit({ buffer: this.around.arenaBuffer, offset });
    this.arena.give(offset);
  }

  #blockProduct({ make }: Value, to: Location): void {
    if (make.kind !== "toBlocks" && make.kind !== "fromBlocks") throw new Error("plan: not a product with blocks");
    const [blocks, units, depth] = make.m.shape as [number, number, number];
    const { batch } = make;
    const [plan, m] = [this.locate(make.plan), this.locate(make.m)];
    const sizes = { batch, blocks, units, depth, plan, m, to };
    if (make.kind === "toBlocks") {
      if (depth * batch * blocks * units === 0) this.#fill(to, batch * blocks * units, 0);
      else
        this.#withScratch(batch, blocks * units, depth, (packed) =>
          this.instructions.push({ kind: "toBlocks", ...sizes, x: this.locate(make.x), packed }),
        );
    } else if (blocks * units * batch * depth === 0) this.#fill(to, batch * depth, 0);
    else
      this.#withScratch(batch, depth, blocks * units, (packed) =>
        this.instructions.push({ kind: "fromBlocks", ...sizes, c: this.locate(make.c), packed }),
      );
  }

  #blocksGradient(group: Group, root: Value): void {
    if (root.make.kind !== "blocksGradient") throw new Error("plan: the root is not a gradient of blocks");
    const [blocks, units, depth] = root.shape as [number, number, number];
    const { batch, plan, x, c } = root.make;
    const isStored = (value: Value): boolean => this.#isStored(value);
    this.#withScratch(blocks * units, depth, batch, (packed) =>
      this.instructions.push({
        kind: "blocksGradient",
        ...{ batch, blocks, units, depth, packed },
        plan: this.locate(plan),
        x: this.locate(x),
        c: this.locate(c),
        skipsClosed: leavesUntouched(root, group.members, isStored, this.#inPlace),
        tape: this.#productTape(group, root, [0, depth, 1]),
      }),
    );
  }

  /** A tape over the group's shape, its axes merged as far as all operands allow; with columns, the last stays as it is. */
  #elementwise({ space }: Group, members: readonly Value[]): void {
    const inside = new Set(members);
    const { shape, hasColumns, limit } = space;
    const along = new Map<View, readonly number[]>();
    for (const member of members)
      for (const view of operandsOf(member))
        if (!inside.has(view.value) && !isKey(view, member)) along.set(view, stridesAlong(view, member, shape));
    const outer = hasColumns ? shape.length - 1 : shape.length;
    const all = [stridesOf(shape), ...along.values()];
    const { dims, strides } = collapse(
      shape.slice(0, outer),
      all.map((s) => s.slice(0, outer)),
    );
    const last = shape.slice(outer);
    const walk = all.map((s, i) => [...strides[i]!, ...s.slice(outer)]);
    checkRank("elementwise", [...dims, ...last]);
    const byView = new Map([...along.keys()].map((v, i) => [v, walk[i + 1]!]));
    const tape = makeTape({
      members,
      space,
      stored: (value) => this.stored(value),
      operand: (view) => ({ ...this.locate(view), strides: byView.get(view)! }),
      key: (view) => this.locate(view),
      whole: walk[0]!,
    });
    const merged = [...dims, ...last];
    this.instructions.push({
      kind: "elementwise",
      dims: merged,
      ...(limit && { limit: { plan: this.locate(limit), perPair: merged[0]! / shape[0]! } }),
      tape,
    });
  }

  #gemm(group: Group, root: Value): void {
    if (root.make.kind !== "gemm") throw new Error("plan: the root is not a matrix product");
    const { a, b, k } = root.make;
    const [m, n] = root.shape.slice(-2) as [number, number];
    const batch = sizeOf(root.shape.slice(0, -2));
    const tape = this.#productTape(group, root, [m * n, n, 1]);
    const left = { ...this.locate(a), strides: asMatrices(a)! };
    const right = { ...this.locate(b), strides: asMatrices(b)! };
    this.#withScratch(m, n, k, (packed) =>
      this.instructions.push({ kind: "gemm", batch, m, n, k, a: left, b: right, packed, tape }),
    );
  }

  /** Products of a batch's rows by matrices that were packed for all steps, or that are read where they lie. */
  #products(group: Group, packed: NonNullable<Surroundings["packed"]>): Instruction {
    const [rows, n] = group.root!.shape as [number, number];
    const products = group.roots.map(({ make }) => {
      if (make.kind !== "gemm") throw new Error("plan: the root is not a matrix product");
      const { a, b, k } = make;
      const [row, column] = b.strides as [number, number];
      const inPanels = () => packed({ from: this.locate(b), k, n, row, column });
      const isListed = isSparse(make) && (make.sparse === "numbers" || !this.around.packed);
      const where = isListed ? { ...this.locate(b), row } : { ...inPanels(), skipsRows: make.sparse !== undefined };
      return { k, a: { ...this.locate(a), row: a.strides[0]!, column: a.strides[1]! }, b: where };
    });
    return { kind: "products", rows, n, products, tape: this.#productTape(group, group.root!, [rows * n, n, 1]) };
  }

  /** What follows a product; `whole` are its own strides along the tape's axes. */
  #productTape(
    { space, members, roots }: Group,
    root: Value,
    whole: readonly number[],
    stored: TapeSource["stored"] = (value) => this.stored(value),
  ): Tape {
    const walk = (view: View, reader: Value): readonly number[] =>
      alongProduct({ shape: space.shape, offset: 0, strides: stridesAlong(view, reader, space.shape) }, root)!;
    return makeTape({
      roots,
      space,
      members: members.filter((v) => !roots.includes(v) && v.make.kind !== "pool"),
      stored,
      operand: (view, reader) => ({ ...this.locate(view), strides: walk(view, reader) }),
      key: (view) => this.locate(view),
      whole,
    });
  }

  /** A product over an empty axis is all zeros; what follows it is carried out all the same. */
  #emptyProduct(group: Group, root: Value): void {
    const place = this.#places.get(root) ?? this.take(root.size);
    const temporary = !this.#places.has(root);
    this.#places.set(root, place);
    this.#fill(place, root.size, 0);
    const rest = group.members.filter((v) => v !== root);
    if (rest.length > 0) this.#elementwise(group, rest);
    if (temporary) {
      this.arena.give(place.offset);
      this.#places.delete(root);
    }
  }
}

/** Whether a product skips what meets 0: the rows of what it multiplies by have to lie one by one. */
const isSparse = (make: Value["make"]): boolean =>
  make.kind === "gemm" && make.sparse !== undefined && make.b.strides[1] === 1 && make.b.strides[0]! > 0;

function nothingPacked(): never {
  throw new Error("plan: a dense product outside a loop");
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

const emptyPairs = (x: View, c: View): boolean => sizeOf(x.shape) === 0 || sizeOf(c.shape) === 0;

const isKey = (view: View, { make }: Value): boolean => make.kind === "elementwise" && view === make.key;
