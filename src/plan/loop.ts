import { UserError } from "../errors.ts";
import { neededResults } from "../graph/loop.ts";
import { isOp } from "../graph/op.ts";
import { constantOp } from "../graph/ops/constant.ts";
import { Builder } from "./builder.ts";
import { rowsOfBatch } from "./by-rows.ts";
import { limits } from "./codes.ts";
import type { Emitter } from "./emitter.ts";
import { fuse } from "./fuse.ts";
import { joiningWithout } from "./fusion.ts";
import { limitPairs } from "./limits.ts";
import { live, lowerAll } from "./lower.ts";
import { Arena, RowPlaces } from "./memory.ts";
import type { Instruction, Local, Location, LoopInstruction, Pack } from "./plan.ts";
import { schedule } from "./schedule.ts";
import { isSource, isWhole, type Loop, uniformConstant, type Value, type View } from "./value.ts";
import { rowMajor } from "./view.ts";

/** The pointers of a loop's step, as they are asked for. */
class Locals {
  readonly list: Local[] = [];
  readonly #fixed = new Map<number, number>();

  add(local: Local): number {
    if (this.list.length === limits.MAX_LOCALS)
      throw new UserError(
        `scan: a step reads and writes at most ${limits.MAX_LOCALS} arrays, received one with more: split the loop`,
      );
    return this.list.push(local) - 1;
  }

  /** A buffer that stays where it is. */
  fixed(buffer: number): number {
    const known = this.#fixed.get(buffer);
    if (known !== undefined) return known;
    const at = this.add({ buffer, offset: 0, step: 0, flip: 0 });
    this.#fixed.set(buffer, at);
    return at;
  }
}

/** A step of a loop on its way to instructions. */
class Step {
  readonly #outer: Emitter;
  readonly #loop: Loop;
  readonly #locals: Locals;
  readonly #carries: ReadonlyMap<number, CarryPlace>;
  readonly #rows: ReadonlyMap<number, Value>;
  readonly #builder = new Builder();
  /** Where the body's inputs lie. */
  readonly #inputs = new Map<number, Location>();
  readonly #packs = new Map<string, Omit<Pack, "to"> & { readonly at: number }>();
  #packedSize = 0;

  constructor(
    outer: Emitter,
    loop: Loop,
    locals: Locals,
    carries: ReadonlyMap<number, CarryPlace>,
    rows: ReadonlyMap<number, Value>,
  ) {
    this.#outer = outer;
    this.#loop = loop;
    this.#locals = locals;
    this.#carries = carries;
    this.#rows = rows;
  }

  /** The instructions that give some of the body's outputs; `take` gives room in the outer arena while the loop runs. */
  plan(results: readonly number[], take: (size: number) => Location): Pick<LoopInstruction, "body" | "rows" | "packs"> {
    const { body, carries, xs } = this.#loop.attrs;
    const outer = this.#outer.around;
    this.#bindInputs();
    lowerAll(
      this.#builder,
      results.map((output) => body.outputs[output]!),
    );
    const places = this.#resultPlaces(results);
    const kept = new Set(places.keys());
    const values = live(
      this.#builder.values,
      [...kept].map((value) => ({ value, ...rowMajor(value.shape) })),
    );
    limitPairs(values, kept);
    const indexOf = ({ make }: Value): number => (make.kind === "input" ? make.index : -1);
    const rows = rowsOfBatch(
      values,
      new Set(values.filter((value) => indexOf(value) >= 0 && indexOf(value) < carries)),
      (value) => value.make.kind === "constant" || indexOf(value) >= carries + xs,
    );
    const groupOf = fuse(
      values,
      kept,
      joiningWithout(outer.options.without ?? [], values, new Set(), rows !== undefined),
    );
    const arena = this.#locals.add({ buffer: outer.arenaBuffer, offset: 0, step: 0, flip: 0 });
    const packed =
      rows === undefined ? undefined : this.#locals.add({ buffer: outer.arenaBuffer, offset: 0, step: 0, flip: 0 });
    const emitter = this.#outer.within(
      {
        ...outer,
        arenaBuffer: arena,
        constantsBuffer: this.#locals.fixed(outer.constantsBuffer),
        input: (index) => this.#inputs.get(index)!,
        packed: packed === undefined ? undefined : (matrix) => ({ buffer: packed, offset: this.#pack(matrix) }),
      },
      values,
      groupOf,
      { kept, places, inPlace: new Map(), arena: rows === undefined ? new Arena() : new RowPlaces() },
    );
    for (const group of schedule(groupOf, []).order) emitter.group(group);
    this.#locals.list[arena] = { ...take(emitter.arena.size), step: 0, flip: 0 };
    const room = packed === undefined ? undefined : take(this.#packedSize);
    if (room) this.#locals.list[packed!] = { ...room, step: 0, flip: 0 };
    const packs = [...this.#packs.values()].map(
      ({ at, ...matrix }): Pack => ({ ...matrix, to: { buffer: room!.buffer, offset: room!.offset + at } }),
    );
    return { body: emitter.instructions, rows: rows ?? 0, packs };
  }

  /** Binds the body's inputs to values of the step; constants are lowered as such. */
  #bindInputs(): void {
    const { body, carries, xs } = this.#loop.attrs;
    const { operands } = this.#loop;
    operands.forEach((operand, index) => {
      const x = body.inputs[index]!;
      const isRow = index >= carries && index < carries + xs;
      if (index >= carries + xs && isOp(x, constantOp)) return;
      const strides = isRow ? operand.strides.slice(1) : operand.strides;
      const layout = index < carries ? rowMajor(x.shape) : { shape: x.shape, offset: 0, strides };
      const known =
        index >= carries && operand.strides.every((step) => step === 0) ? uniformConstant(operand) : undefined;
      if (known !== undefined) {
        this.#builder.views.set(x, { ...this.#builder.scalar(known, x.dtype), ...layout });
        return;
      }
      const { value } = this.#builder.add(x.shape, x.dtype, { kind: "input", index });
      this.#builder.views.set(x, { value, ...layout });
      const carry = this.#carries.get(index);
      if (carry) this.#inputs.set(index, { buffer: this.#locals.add(carry.before), offset: 0 });
      else if (index >= carries) this.#inputs.set(index, this.#placeOf(operand, isRow));
    });
  }

  #placeOf(operand: View, isRow: boolean): Location {
    const { buffer, offset } = this.#outer.locate(operand);
    if (!isRow) return { buffer: this.#locals.fixed(buffer), offset };
    return { buffer: this.#locals.add({ buffer, offset, step: operand.strides[0]!, flip: 0 }), offset: 0 };
  }

  /** A value of its own for each result, and where it is stored. */
  #resultPlaces(results: readonly number[]): Map<Value, Location> {
    const { body, carries } = this.#loop.attrs;
    const places = new Map<Value, Location>();
    for (const output of results) {
      const view = this.#builder.views.get(body.outputs[output]!)!;
      const own = isSource(view.value) || !isWhole(view) || places.has(view.value) ? this.#builder.fresh(view) : view;
      const row = this.#rows.get(output);
      const local =
        output < carries
          ? this.#carries.get(output)!.after
          : { ...this.#outer.stored(row!)!, step: own.value.size, flip: 0 };
      places.set(own.value, { buffer: this.#locals.add(local), offset: 0 });
    }
    return places;
  }

  /** Where in the room for packed matrices this one is. */
  #pack({ from, ...sizes }: Omit<Pack, "to">): number {
    const outside = { buffer: this.#locals.list[from.buffer]!.buffer, offset: from.offset };
    const name = `${outside.buffer}+${outside.offset} ${Object.values(sizes)}`;
    const known = this.#packs.get(name);
    if (known) return known.at;
    const at = this.#packedSize;
    this.#packs.set(name, { from: outside, ...sizes, at });
    this.#packedSize += sizes.k * Math.ceil(sizes.n / PANEL) * PANEL;
    return at;
  }
}

/** The widest panel of columns that a target's kernels pack. */
const PANEL = 32;

/** Where a carry lies before a step and after it. */
interface CarryPlace {
  readonly before: Local;
  readonly after: Local;
  /** Where it is when the last step has run. */
  readonly end: Location;
}

/** What a loop has to give: those of its values that are stored. */
interface Wanted {
  readonly last: ReadonlyMap<number, Value>;
  readonly trace: ReadonlyMap<number, Value>;
  readonly rows: ReadonlyMap<number, Value>;
}

/** An instruction for rows of a batch as a loop of one step: threads take some rows each. */
export function oneStep(instruction: Instruction, rows: number): LoopInstruction {
  if (instruction.kind !== "products") throw new Error("plan: not an instruction for rows");
  const locals = new Locals();
  const moved = <L extends Location>(at: L): L => ({ ...at, buffer: locals.fixed(at.buffer) });
  const { tape, products, ...sizes } = instruction;
  const inputs = tape.inputs.map((x) => (x.kind === "operand" ? { ...x, operand: moved(x.operand) } : x));
  const own = { ...tape, inputs, outputs: tape.outputs.map(moved), keys: tape.keys.map(moved) };
  const body: Instruction = {
    ...sizes,
    tape: own,
    products: products.map(({ k, a, b }) => ({ k, a: moved(a), b: moved(b) })),
  };
  return { kind: "loop", length: 1, reverse: false, rows, locals: locals.list, packs: [], body: [body] };
}

/** Emits a loop as one instruction that holds those of a step, with what has to be there before it. `members` are its values. */
export function emitLoop(outer: Emitter, members: readonly Value[]): void {
  const { make } = members[0]!;
  if (make.kind !== "loop") throw new Error("plan: not a loop");
  const { loop } = make;
  const wanted = wantedOf(outer, members);
  const { length, reverse, carries } = loop.attrs;
  const results = neededResults(loop.attrs, [...wanted.last.keys(), ...wanted.trace.keys(), ...wanted.rows.keys()]);
  const alive = [...results.keys()].filter((output) => output < carries);
  const taken: Location[] = [];
  const places = new Map(
    alive.map((k) => [k, placeCarry(outer, loop.operands[k]!, k, wanted, length, reverse, taken)]),
  );
  const locals = new Locals();
  const take = (size: number): Location => {
    const place = outer.take(size);
    taken.push(place);
    return place;
  };
  const step = new Step(outer, loop, locals, places, wanted.rows).plan([...results], take);
  if (length > 0) outer.instructions.push({ kind: "loop", length, reverse, locals: locals.list, ...step });
  for (const [k, value] of wanted.last) outer.moveTo(outer.stored(value)!, places.get(k)!.end, value.size);
  for (const { offset } of taken) outer.arena.give(offset);
}

function wantedOf(outer: Emitter, members: readonly Value[]): Wanted {
  const wanted = { last: new Map<number, Value>(), trace: new Map<number, Value>(), rows: new Map<number, Value>() };
  for (const value of members)
    if (value.make.kind === "loop" && outer.stored(value))
      wanted[value.make.part.kind].set(value.make.part.output, value);
  return wanted;
}

/** Finds a place for a carry, and copies its first value there. */
function placeCarry(
  outer: Emitter,
  first: View,
  k: number,
  { last, trace }: Wanted,
  length: number,
  reverse: boolean,
  taken: Location[],
): CarryPlace {
  const size = first.shape.reduce((n, axis) => n * axis, 1);
  const all = trace.get(k);
  if (all) {
    const { buffer, offset } = outer.stored(all)!;
    const [before, after] = [0, 1].map((row): Local => ({ buffer, offset: offset + row * size, step: size, flip: 0 }));
    const at = (row: number): Location => ({ buffer, offset: offset + row * size });
    outer.copy(first, at(reverse ? length : 0));
    return reverse
      ? { before: after!, after: before!, end: at(0) }
      : { before: before!, after: after!, end: at(length) };
  }
  // Two places in one buffer that take turns; after the last step the carry is where it is wanted, if that is there.
  const other = outer.take(size);
  taken.push(other);
  const value = last.get(k);
  const own = value && outer.stored(value)!;
  const end = own?.buffer === other.buffer ? own : outer.take(size);
  if (end !== own) taken.push(end);
  const [even, odd] = length % 2 === 0 ? [end, other] : [other, end];
  outer.copy(first, even);
  const flip = odd.offset - even.offset;
  return { before: { ...even, step: 0, flip }, after: { ...odd, step: 0, flip: -flip }, end };
}
