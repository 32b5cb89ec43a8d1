import { isOp, type NdArray, type Shape, sameShape, sizeOf, type Tensor } from "../../graph/index.ts";
import { stridesOf } from "../../graph/ndarray.ts";
import type { MultiOp, Op } from "../../graph/op.ts";
import { argmaxOp } from "../../graph/ops/argmax.ts";
import { concatOp } from "../../graph/ops/concat.ts";
import { conv2dOp } from "../../graph/ops/conv2d.ts";
import { padOp } from "../../graph/ops/pad.ts";
import { scanOp } from "../../graph/ops/scan.ts";
import { sliceOp } from "../../graph/ops/slice.ts";
import { transposeOp } from "../../graph/ops/transpose.ts";
import { calls, expressionOf } from "./script-ops.ts";
import { cannotExport, reached, resolved, type Traced } from "./traced.ts";

/** Lines of a program that grow: each tensor that is asked for is computed once, in an array of its own. */
export class ScriptBuilder {
  readonly traced: Traced;
  readonly lines: string[] = [];
  /** What all parts of a program share: its known arrays, one after the other, and the functions that it calls. */
  readonly shared: { readonly arrays: Float32Array[]; readonly used: Set<string>; count: number };
  readonly #parent: ScriptBuilder | undefined;
  readonly #names = new Map<Tensor, string>();

  constructor(traced: Traced, parent?: ScriptBuilder) {
    this.traced = traced;
    this.#parent = parent;
    this.shared = parent ? parent.shared : { arrays: [], used: new Set(), count: 0 };
  }

  inner(): ScriptBuilder {
    return new ScriptBuilder(this.traced, this);
  }

  name(x: Tensor, name: string): void {
    this.#names.set(x, name);
  }

  #find(x: Tensor): string | undefined {
    return this.#names.get(x) ?? (this.#parent ? this.#parent.#find(x) : undefined);
  }

  /** A call of one of the functions of a file. */
  call(name: string, ...given: readonly (string | number | boolean | readonly number[] | object)[]): string {
    for (const own of [name, ...(calls[name] ?? [])]) this.shared.used.add(own);
    return `${name}(${given.map((x) => (typeof x === "string" ? x : JSON.stringify(x))).join(", ")})`;
  }

  /** A variable that holds an expression's value. */
  hold(expression: string): string {
    const name = `t${this.shared.count++}`;
    this.lines.push(`const ${name} = ${expression};`);
    return name;
  }

  /** The variable of a tensor's array. */
  value(given: Tensor): string {
    const x = resolved(given);
    const found = this.#find(x);
    if (found !== undefined) return found;
    const known = this.traced.known(x);
    if (known) {
      this.name(x, this.#known(known));
    } else if (x.op.name === "reshape") this.name(x, this.value(x.inputs[0]!));
    else if (expressionOf(x)) this.name(x, this.#loop(x));
    else {
      const write = writers[x.op.name];
      if (!write) throw cannotExport(this.traced, "the file", x);
      const made = write(x, this);
      if (typeof made === "string") this.name(x, /^\w+$/.test(made) ? made : this.hold(made));
    }
    return this.#find(x)!;
  }

  /** One of the arrays that the file holds. */
  #known({ data }: NdArray): string {
    return `w${this.shared.arrays.push(Float32Array.from(data)) - 1}`;
  }

  /** A loop over the numbers of an elementwise op, and of those below it that nothing else reads. */
  #loop(x: Tensor): string {
    const expression = this.#expression(x, x.shape);
    const name = this.hold(`new Float32Array(${x.size})`);
    this.lines.push(`for (let i = 0; i < ${x.size}; i++) ${name}[i] = ${expression};`);
    return name;
  }

  #expression(x: Tensor, shape: Shape): string {
    const operands = x.inputs.map((given) => {
      const input = resolved(given);
      const known = this.traced.known(input);
      if (known?.data.length === 1) return known.data[0]! < 0 ? `(${known.data[0]})` : `${known.data[0]}`;
      const isOwn = !known && this.#find(input) === undefined && this.traced.readers(input) === 1;
      if (isOwn && expressionOf(input) && sameShape(input.shape, shape)) return this.#expression(input, shape);
      return `${this.variable(input)}[${indexIn(input.shape, shape)}]‹!›`;
    });
    for (const name of ["sigmoid", "softplus"]) if (x.op.name === name) this.shared.used.add(name);
    return expressionOf(x)!(...operands);
  }

  /** The variable of an array, which has a name of its own. */
  variable(x: Tensor): string {
    const name = this.value(x);
    if (/^\w+$/.test(name)) return name;
    const held = this.hold(name);
    this.name(resolved(x), held);
    return held;
  }
}

/** Where the number of an operand stands for number i of a result that it broadcasts to. */
export function indexIn(own: Shape, shape: Shape): string {
  const terms: { inner: number; length: number; step: number }[] = [];
  let [inner, size] = [1, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [n, mine] = [shape[axis]!, own[axis - shape.length + own.length] ?? 1];
    const step = mine === 1 ? 0 : size;
    const last = terms.at(-1);
    if (n > 1) {
      if (last && (last.step === 0 ? step === 0 : step === last.step * last.length)) last.length *= n;
      else terms.push({ inner, length: n, step });
    }
    [inner, size] = [inner * n, size * mine];
  }
  const parts = terms.flatMap(({ inner: each, length, step }, k) => {
    if (step === 0) return [];
    const counted = each === 1 ? "i" : `Math.floor(i / ${each})`;
    const within = k === terms.length - 1 ? counted : `(${counted} % ${length})`;
    return [step === 1 ? within : `${within} * ${step}`];
  });
  return parts.join(" + ") || "0";
}

type Writer = (x: Tensor, to: ScriptBuilder) => string | undefined;

const attrsOf = <A>(x: Tensor, op: Op<A> | MultiOp<A>): A => {
  if (!isOp(x, op)) throw new Error(`${x.op.name} isn't ${op.name}`);
  return x.attrs;
};

/** Numbers of x along some axes, in the order of these. */
const view = (x: Tensor, order: readonly number[], to: ScriptBuilder): string => {
  const isSame = order.every((axis, i) => axis === i);
  const steps = stridesOf(x.shape);
  if (isSame) return to.value(x);
  return to.call(
    "view",
    to.value(x),
    order.map((axis) => x.shape[axis]!),
    order.map((axis) => steps[axis]!),
  );
};

const reduce =
  (first: string, f: string): Writer =>
  (x, to) => {
    const { axes } = x.attrs as { axes: readonly number[] };
    const [input] = x.inputs as [Tensor];
    const rest = input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const n = sizeOf(axes.map((axis) => input.shape[axis]!));
    return to.call("fold", view(input, [...rest, ...axes], to), n, first, f);
  };

const argmax: Writer = (x, to) => {
  const { axis } = attrsOf(x, argmaxOp);
  const [input] = x.inputs as [Tensor];
  const order = [...input.shape.keys()].filter((own) => own !== axis);
  const rows = to.call("largest", view(input, [...order, axis], to), input.shape[axis]!, 1);
  return `Float32Array.from(${rows}, (row) => row[0]‹!›)`;
};

const assemble = (x: Tensor, to: ScriptBuilder, starts: readonly (readonly number[])[]): string => {
  const steps = stridesOf(x.shape);
  const name = to.hold(`new Float32Array(${x.size})`);
  x.inputs.forEach((input, k) => {
    const at = starts[k]!.reduce((sum, n, axis) => sum + n * steps[axis]!, 0);
    to.lines.push(`${to.call("place", name, to.value(input), input.shape, steps, at)};`);
  });
  return name;
};

const matmul: Writer = (x, to) => {
  const [a, b] = x.inputs as [Tensor, Tensor];
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  const batch = x.shape.slice(0, -2);
  const spread = (y: Tensor, isFirst: boolean): string => {
    const own = y.shape.slice(0, -2);
    if (sizeOf(own) === sizeOf(batch) || (!isFirst && sizeOf(own) === 1)) return to.value(y);
    const steps = stridesOf(y.shape);
    const missing = batch.length - own.length;
    const along = batch.map((_, axis) => ((own[axis - missing] ?? 1) === 1 ? 0 : steps[axis - missing]!));
    return to.call("view", to.value(y), [...batch, ...y.shape.slice(-2)], [...along, ...steps.slice(-2)]);
  };
  return to.call("matmul", spread(a, true), spread(b, false), m, k, n, sizeOf(batch));
};

const conv: Writer = (x, to) => {
  const { window, groups, open } = attrsOf(x, conv2dOp);
  const [images, weights, first] = x.inputs as [Tensor, Tensor, Tensor];
  const features = x.shape[3]!;
  const gates = open?.[0] === "features" ? first : undefined;
  const all = `Array.from({ length: ${features} }, (_, n) => n)`;
  if (!gates)
    return to.call("conv", to.value(images), to.value(weights), window, images.shape[3]!, features, groups, all);
  const each = features / gates.shape[1]!;
  const list = to.call("open", to.value(gates));
  const own = each === 1 ? list : `${list}.flatMap((k) => Array.from({ length: ${each} }, (_, n) => k * ${each} + n))`;
  return to.call("conv", to.value(images), to.value(weights), window, images.shape[3]!, features, groups, own);
};

const pool =
  (first: string, f: string): Writer =>
  (x, to) =>
    to.call("pool", to.value(x.inputs[0]!), x.attrs as object, x.shape[3]!, first, f);

const topK: Writer = (x, to) => {
  const { k } = x.attrs as { k: number };
  const [input] = x.inputs as [Tensor];
  const values = to.variable(input);
  const n = input.shape.at(-1)!;
  const rows = to.hold(to.call("largest", values, n, k));
  const [value, index] = x.outputs as [Tensor, Tensor];
  to.name(index, to.hold(`Float32Array.from(${rows}.flat())`));
  to.name(value, to.hold(`Float32Array.from(${rows}.flatMap((row, r) => row.map((i) => ${values}[r * ${n} + i]‹!›)))`));
  return undefined;
};

const kthLargest: Writer = (x, to) => {
  const { k } = x.attrs as { k: number };
  const [input] = x.inputs as [Tensor];
  const values = to.variable(input);
  const n = input.shape.at(-1)!;
  return `Float32Array.from(${to.call("largest", values, n, k)}, (row, r) => ${values}[r * ${n} + row[${k - 1}]‹!›]‹!›)`;
};

/** One example: a pair is a block, and what lies in pair space has a place for each block. */
const blocks =
  (name: "toBlocks" | "fromBlocks"): Writer =>
  (x, to) => {
    const [a, m, plan] = x.inputs as [Tensor, Tensor, Tensor];
    const [count, units, depth] = m.shape as readonly [number, number, number];
    return to.call(name, to.value(a), to.value(m), units, name === "toBlocks" ? count : depth, to.value(plan));
  };

const fromPairs: Writer = (x, to) => {
  const [pairs, plan] = x.inputs as [Tensor, Tensor];
  const { blocks: count } = x.attrs as { blocks: number };
  const each = x.size / count;
  const name = to.hold(`new Float32Array(${x.size})`);
  const part = `${to.variable(pairs)}.subarray(k * ${each}, (k + 1) * ${each})`;
  to.lines.push(`for (const k of ${to.value(plan)}) ${name}.set(${part}, k * ${each});`);
  return name;
};

/** A loop over steps: its carry are variables that each step sets, its rows are parts of arrays. */
const loop: Writer = (x, to) => {
  const { body, carries, xs, length, reverse } = attrsOf(x, scanOp);
  const inside = to.inner();
  const wanted = x.outputs.map((output, i) => i < carries || to.traced.readers(output) > 0);
  const used = reached(body.outputs.filter((_, i) => wanted[i]));
  const carried = body.inputs.slice(0, carries).map((state, i) => {
    const name = `c${to.shared.count++}`;
    to.lines.push(`let ${name}‹: F› = ${to.value(x.inputs[i]!)};`);
    inside.name(state, name);
    return name;
  });
  const step = `s${to.shared.count++}`;
  body.inputs.slice(carries).forEach((placeholder, i) => {
    if (!used.has(placeholder)) return;
    const outside = to.variable(x.inputs[carries + i]!);
    const { size } = placeholder;
    inside.name(
      placeholder,
      i >= xs ? outside : inside.hold(`${outside}.subarray(${step} * ${size}, (${step} + 1) * ${size})`),
    );
  });
  const next = body.outputs.slice(0, carries).map((output) => inside.variable(output));
  const rows = body.outputs.flatMap((output, i) => {
    if (i < carries || !wanted[i]) return [];
    const name = to.hold(`new Float32Array(${length * output.size})`);
    to.name(x.outputs[i]!, name);
    return [`${name}.set(${inside.value(output)}, ${step} * ${output.size});`];
  });
  const ends = reverse
    ? `let ${step} = ${length - 1}; ${step} >= 0; ${step}--`
    : `let ${step} = 0; ${step} < ${length}; ${step}++`;
  const assigned = carries > 0 ? [`[${carried.join(", ")}] = [${next.join(", ")}];`] : [];
  to.lines.push(`for (${ends}) {`, ...[...inside.lines, ...rows, ...assigned].map((line) => `  ${line}`), "}");
  carried.forEach((name, i) => to.name(x.outputs[i]!, name));
  return undefined;
};

/** Every op of a prediction that isn't elementwise. What is missing here is refused by name. */
const writers: { readonly [op: string]: Writer } = {
  ...{ matmul, sparseMatmul: matmul, argmax, conv2d: conv, topK, kthLargest, fromPairs, scan: loop },
  ...{ toBlocks: blocks("toBlocks"), fromBlocks: blocks("fromBlocks") },
  sum: reduce("0", "(a, b) => a + b"),
  max: reduce("-Infinity", "Math.max"),
  min: reduce("Infinity", "Math.min"),
  maxPool: pool("-Infinity", "Math.max"),
  sumPool: pool("0", "(a, b) => a + b"),
  transpose: (x, to) => view(x.inputs[0]!, attrsOf(x, transposeOp), to),
  broadcastTo(x, to) {
    const [input] = x.inputs as [Tensor];
    const missing = x.rank - input.rank;
    const steps = stridesOf(input.shape);
    const along = x.shape.map((_, axis) => ((input.shape[axis - missing] ?? 1) === 1 ? 0 : steps[axis - missing]!));
    return to.call("view", to.value(input), x.shape, along);
  },
  slice(x, to) {
    const { start, size } = attrsOf(x, sliceOp);
    const steps = stridesOf(x.inputs[0]!.shape);
    const at = start.reduce((sum, n, axis) => sum + n * steps[axis]!, 0);
    return to.call("view", to.value(x.inputs[0]!), size, steps, at);
  },
  concat(x, to) {
    const { axis } = attrsOf(x, concatOp);
    let at = 0;
    const starts = x.inputs.map(({ shape }) => {
      const start = shape.map((_, own) => (own === axis ? at : 0));
      at += shape[axis]!;
      return start;
    });
    return assemble(x, to, starts);
  },
  pad: (x, to) => assemble(x, to, [attrsOf(x, padOp).before]),
  gather: (x, to) =>
    to.call("gather", to.value(x.inputs[0]!), to.value(x.inputs[1]!), sizeOf(x.inputs[0]!.shape.slice(1))),
  routing: (x, to) => to.call("open", to.value(x.inputs[0]!)),
  toPairs: (x, to) => to.value(x.inputs[0]!),
};
