import type { TapeOp } from "./codes.ts";
import type { Location, Operand, Tape, TapeInput, TapeStep } from "./plan.ts";
import type { Value, View } from "./value.ts";

/** Everything a tape is made from. */
export interface TapeSource {
  readonly root?: Value | undefined; // the matrix product whose result is input 0
  readonly members: readonly Value[]; // elementwise, in order
  /** Where a value is stored, for those members that must be. */
  stored(value: Value): Location | undefined;
  /** Where an operand from outside is read; its strides along the iteration's axes. */
  operand(view: View): Operand;
  key(view: View): Location;
  /** The strides of the iteration space itself, for outputs. */
  readonly whole: readonly number[];
}

const draws = new Set<TapeOp>(["UNIFORM", "UNIFORM_OPEN", "NORMAL"]);

/** A step on values and inputs, before registers are handed out. */
interface Draft {
  code: TapeOp;
  readonly value: Value;
  args: (Value | number)[]; // a value made in the tape, or the number of an input (or of a key, for a draw)
}

/** Turns a group's elementwise members into steps on registers. */
export function makeTape(source: TapeSource): Tape {
  const inputs: TapeInput[] = source.root ? [{ kind: "result" }] : [];
  const known = new Map<string, number>();
  const keys: Location[] = [];
  const inside = new Set<Value>(source.members);

  const inputFor = (view: View): number => {
    const { make } = view.value;
    const isScalar = make.kind === "constant" && view.value.size === 1;
    const operand = isScalar ? undefined : source.operand(view);
    const id = operand ? `${operand.buffer}:${operand.offset}[${operand.strides}]` : `#${view.value.index}`;
    let at = known.get(id);
    if (at === undefined) {
      at = inputs.length;
      known.set(id, at);
      inputs.push(operand ? { kind: "operand", operand } : { kind: "immediate", bits: scalarBits(view.value) });
    }
    return at;
  };

  const drafts: Draft[] = source.members.map((value) => {
    if (value.make.kind !== "elementwise") throw new Error(`tape: ${value.make.kind} is not elementwise`);
    const { code, args, key } = value.make;
    if (key) return { code, value, args: [keys.push(source.key(key)) - 1] };
    return {
      code,
      value,
      args: args.map((v) => (v.value === source.root ? 0 : inside.has(v.value) ? v.value : inputFor(v))),
    };
  });
  const rootAt = source.root && source.stored(source.root);
  if (source.root && rootAt) drafts.push({ code: "MOVE", value: source.root, args: [0] });
  const merged = multiplyAdds(drafts, (value) => source.stored(value) !== undefined);
  return withRegisters(merged, inputs, keys, source);
}

function scalarBits(value: Value): number {
  if (value.make.kind !== "constant") throw new Error("tape: not a constant");
  const { data } = value.make.data;
  return data instanceof Int32Array ? data[0]! : new Int32Array(Float32Array.of(data[0]!).buffer)[0]!;
}

/** Replaces a·b followed by + c with one step, where nobody else wants the product. */
function multiplyAdds(drafts: readonly Draft[], stored: (value: Value) => boolean): Draft[] {
  const uses = new Map<Value, number>();
  for (const { args } of drafts) for (const a of args) if (typeof a !== "number") uses.set(a, (uses.get(a) ?? 0) + 1);
  const byValue = new Map(drafts.map((d) => [d.value, d]));
  const gone = new Set<Draft>();
  for (const draft of drafts) {
    if (draft.code !== "ADD") continue;
    const at = draft.args.findIndex(
      (a) => typeof a !== "number" && byValue.get(a)?.code === "MUL" && uses.get(a) === 1 && !stored(a),
    );
    if (at < 0) continue;
    const product = byValue.get(draft.args[at] as Value)!;
    gone.add(product);
    draft.code = "MULADD";
    draft.args = [...product.args, draft.args[1 - at]!];
  }
  return drafts.filter((d) => !gone.has(d));
}

function withRegisters(
  drafts: readonly Draft[],
  inputs: readonly TapeInput[],
  keys: readonly Location[],
  source: TapeSource,
): Tape {
  const results = drafts.filter((d) => source.stored(d.value));
  const outputs: Operand[] = results.map((d) => ({ ...source.stored(d.value)!, strides: source.whole }));
  const register = new Map<Value, number>();
  const lastUse = new Map<Value, number>();
  const lastRead = new Map<number, number>(); // input → the last step that reads it
  drafts.forEach((d, i) => {
    if (draws.has(d.code)) return;
    for (const a of d.args) typeof a === "number" ? lastRead.set(a, i) : lastUse.set(a, i);
  });
  const late: TapeStep[] = [];
  const free: number[] = [];
  const base = inputs.length + outputs.length;
  let temps = 0;
  const take = (): number => free.pop() ?? base + temps++;

  const steps = drafts.map((draft, i): TapeStep => {
    const args = draft.args.map((a) => (typeof a === "number" ? a : register.get(a)!));
    const output = results.indexOf(draft);
    let to: number;
    if (output >= 0 && !overwritesInput(outputs[output]!, inputs, lastRead, i)) to = inputs.length + output;
    else {
      to = take();
      // Written last: a later step still reads the input that this result replaces.
      if (output >= 0) {
        late.push({ code: "MOVE", to: inputs.length + output, args: [to] });
        lastUse.set(draft.value, Number.POSITIVE_INFINITY);
      }
    }
    register.set(draft.value, to);
    if (!draws.has(draft.code))
      for (const a of new Set(draft.args)) {
        if (typeof a === "number" || lastUse.get(a) !== i) continue;
        const r = register.get(a)!;
        if (r >= base) free.push(r);
      }
    return { code: draft.code, to, args };
  });
  return { inputs, outputs, temps, keys, steps: [...steps, ...late] };
}

const overwritesInput = (
  output: Operand,
  inputs: readonly TapeInput[],
  lastRead: ReadonlyMap<number, number>,
  step: number,
): boolean =>
  inputs.some(
    (x, k) =>
      x.kind === "operand" &&
      x.operand.buffer === output.buffer &&
      x.operand.offset === output.offset &&
      (lastRead.get(k) ?? -1) > step,
  );
