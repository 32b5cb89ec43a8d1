import { limits, type TapeOp } from "./codes.ts";
import type { Space } from "./group.ts";
import type { Location, Operand, Tape, TapeInput, TapeStep } from "./plan.ts";
import { levelIn } from "./rows.ts";
import type { Value, View } from "./value.ts";

/** Everything that a tape is made from. */
export interface TapeSource {
  readonly roots?: readonly Value[] | undefined; // the matrix products whose results are the first inputs
  readonly members: readonly Value[]; // what else is made, in order
  readonly space: Space;
  /** Where a value is stored, for those members that must be. */
  stored(value: Value): Location | undefined;
  /** Where a member reads an operand from outside; its strides along the iteration's axes. */
  operand(view: View, reader: Value): Operand;
  key(view: View): Location;
  /** The strides of the iteration space itself, for outputs. */
  readonly whole: readonly number[];
}

/** A step before registers are handed out. */
interface Draft {
  code: TapeOp;
  args: Argument[]; // none for a draw
  readonly key?: number;
  readonly isColumn: boolean;
  readonly output?: Operand | undefined;
}

/** What a step reads: another's result, or the input of that number. */
type Argument = Draft | number;

/** Turns a group's members into steps on registers. */
export function makeTape(source: TapeSource): Tape {
  const { roots = [], members, space } = source;
  const inputs: TapeInput[] = roots.map(() => ({ kind: "result" }));
  const keys: Location[] = [];
  const drafts: Draft[] = [];
  const known = new Map<string, number>();
  const made = new Map<Value, Argument>(roots.map((root, i) => [root, i]));
  const spread = new Map<Argument, Draft>();
  const isColumn = (value: Value): boolean => levelIn(space.shape, value.shape) === "column";
  const hasColumns = members.some(isColumn);

  const inputFor = (view: View, reader: Value): number => {
    const { make } = view.value;
    const isScalar = make.kind === "constant" && view.value.size === 1;
    const operand = isScalar ? undefined : source.operand(view, reader);
    const id = operand ? `${operand.buffer}:${operand.offset}[${operand.strides}]` : `#${view.value.index}`;
    let at = known.get(id);
    if (at === undefined) {
      at = inputs.length;
      known.set(id, at);
      inputs.push(operand ? { kind: "operand", operand } : { kind: "immediate", bits: scalarBits(view.value) });
    }
    return at;
  };
  /** Whether there is one number for each row. A number for all is at hand in every lane. */
  const holdsColumn = (at: Argument): boolean => {
    if (typeof at !== "number") return at.isColumn;
    const input = inputs[at]!;
    return input.kind === "operand" && input.operand.strides.at(-1) === 0 && input.operand.strides.some((s) => s !== 0);
  };
  const argument = (view: View, reader: Value): Argument => {
    const at = made.get(view.value) ?? inputFor(view, reader);
    if (!hasColumns || isColumn(reader) || !holdsColumn(at)) return at;
    let rows = spread.get(at);
    if (!rows) {
      rows = { code: "SPREAD", args: [at], isColumn: false };
      spread.set(at, rows);
      drafts.push(rows);
    }
    return rows;
  };
  const place = (value: Value): { isColumn: boolean; output: Operand | undefined } => {
    const at = source.stored(value);
    if (!isColumn(value)) return { isColumn: false, output: at && { ...at, strides: source.whole } };
    const [length, last] = [space.shape.at(-1)!, source.whole.length - 1];
    const strides = source.whole.map((step, axis) => (axis === last ? 0 : step / length));
    return { isColumn: true, output: at && { ...at, strides } };
  };
  const draft = (value: Value): Draft => {
    const { make } = value;
    if (make.kind === "reduce") return { code: `ROW_${make.how}`, args: [argument(make.of, value)], ...place(value) };
    if (make.kind !== "elementwise") throw new Error(`tape: ${make.kind} is neither elementwise nor along rows`);
    if (make.key) return { code: make.code, args: [], key: keys.push(source.key(make.key)) - 1, ...place(value) };
    return { code: make.code, args: make.args.map((view) => argument(view, value)), ...place(value) };
  };

  for (const value of members) {
    const step = draft(value);
    drafts.push(step);
    made.set(value, step);
  }
  for (const [i, root] of roots.entries())
    if (source.stored(root)) drafts.push({ code: "MOVE", args: [i], ...place(root) });
  return withRegisters(multiplyAdds(drafts), inputs, keys, hasColumns);
}

function scalarBits(value: Value): number {
  if (value.make.kind !== "constant") throw new Error("tape: not a constant");
  const { data } = value.make.data;
  return data instanceof Int32Array ? data[0]! : new Int32Array(Float32Array.of(data[0]!).buffer)[0]!;
}

/** Replaces a·b followed by + c, or taken from c, with one step, where nobody else wants the product. */
function multiplyAdds(drafts: readonly Draft[]): Draft[] {
  const uses = new Map<Argument, number>();
  for (const { args } of drafts) for (const a of args) uses.set(a, (uses.get(a) ?? 0) + 1);
  const gone = new Set<Draft>();
  for (const draft of drafts) {
    if (draft.code !== "ADD" && draft.code !== "SUB") continue;
    const isProduct = (a: Argument): boolean =>
      typeof a !== "number" && a.code === "MUL" && uses.get(a) === 1 && !a.output;
    const at = draft.code === "ADD" ? draft.args.findIndex(isProduct) : isProduct(draft.args[1]!) ? 1 : -1;
    if (at < 0) continue;
    const product = draft.args[at] as Draft;
    gone.add(product);
    draft.code = draft.code === "ADD" ? "MULADD" : "NEG_MULADD";
    draft.args = [...product.args, draft.args[1 - at]!];
  }
  return drafts.filter((d) => !gone.has(d));
}

/** Temporary registers of one kind, numbered from 0. */
class Temporaries {
  readonly #free: number[] = [];
  count = 0;
  take = (): number => this.#free.pop() ?? this.count++;
  give = (register: number): void => void this.#free.push(register);
}

function withRegisters(
  drafts: readonly Draft[],
  inputs: readonly TapeInput[],
  keys: readonly Location[],
  hasColumns: boolean,
): Tape {
  const results = drafts.filter((d) => d.output);
  const numbers = new Map(results.map((d, i) => [d, inputs.length + i]));
  const outputs = results.map((d) => d.output!);
  const lastUse = new Map<Argument, number>();
  drafts.forEach((d, i) => {
    for (const a of d.args) lastUse.set(a, i);
  });
  const [temps, columns] = [new Temporaries(), new Temporaries()];
  const temporary = new Map<Draft, number>();
  const late: Draft[] = [];
  drafts.forEach((draft, i) => {
    const pool = draft.isColumn ? columns : temps;
    // Written last where a later step still reads the input that this result replaces.
    const waits = draft.output !== undefined && overwritesInput(draft.output, inputs, lastUse, i);
    if (waits) late.push(draft);
    if (waits || !draft.output) temporary.set(draft, pool.take());
    for (const a of new Set(draft.args)) {
      if (typeof a === "number" || lastUse.get(a) !== i || late.includes(a)) continue;
      if (temporary.has(a)) (a.isColumn ? columns : temps).give(temporary.get(a)!);
    }
  });
  const [firstTemp, firstColumn] = [inputs.length + outputs.length, inputs.length + outputs.length + temps.count];
  if (firstColumn + columns.count > limits.MAX_REGISTERS) throw new Error("tape: more registers than there are");
  const registerOf = (a: Argument): number => {
    if (typeof a === "number") return a;
    const at = temporary.get(a);
    return at === undefined ? numbers.get(a)! : at + (a.isColumn ? firstColumn : firstTemp);
  };
  const steps = drafts.map(
    (d): TapeStep => ({
      code: d.code,
      to: registerOf(d),
      args: d.key === undefined ? d.args.map(registerOf) : [d.key],
    }),
  );
  const moves = late.map((d): TapeStep => ({ code: "MOVE", to: numbers.get(d)!, args: [registerOf(d)] }));
  // A tape whose only columns are inputs and outputs says so by one that it leaves unused.
  const columnCount = hasColumns ? Math.max(1, columns.count) : 0;
  return { inputs, outputs, temps: temps.count, columns: columnCount, keys, steps: [...steps, ...moves] };
}

const overwritesInput = (
  output: Operand,
  inputs: readonly TapeInput[],
  lastUse: ReadonlyMap<Argument, number>,
  step: number,
): boolean =>
  inputs.some(
    (x, k) =>
      x.kind === "operand" &&
      x.operand.buffer === output.buffer &&
      x.operand.offset === output.offset &&
      (lastUse.get(k) ?? -1) > step,
  );
