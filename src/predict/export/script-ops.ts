import type { DType, Tensor } from "../../graph/index.ts";

/** An elementwise op as an expression of its operands, which are names, numbers or expressions in parentheses. */
export type Expression = (...operands: readonly string[]) => string;

const between =
  (sign: string): Expression =>
  (a, b) =>
    `(${a} ${sign} ${b})`;
const call =
  (name: string): Expression =>
  (...operands) =>
    `${name}(${operands.join(", ")})`;
/** What decides sees numbers as they would be in an array. */
const decides =
  (sign: string): Expression =>
  (a, b) =>
    `+(${rounded(a!)} ${sign} ${rounded(b!)})`;
const rounded = (expression: string): string =>
  /^[\w.]+(\[[^\]]*\]‹!›)?$/.test(expression) ? expression : `Math.fround(${expression})`;

const maths = ["abs", "cos", "exp", "floor", "log", "log1p", "sign", "sin", "sqrt", "tanh"];

/** Every elementwise op but where and cast. */
export const expressions: { readonly [op: string]: Expression } = {
  ...Object.fromEntries(maths.map((name) => [name, call(`Math.${name}`)])),
  ...{ add: between("+"), sub: between("-"), mul: between("*"), div: between("/") },
  ...{ maximum: call("Math.max"), minimum: call("Math.min"), sigmoid: call("sigmoid"), softplus: call("softplus") },
  ...{ equal: decides("==="), notEqual: decides("!=="), less: decides("<"), lessEqual: decides("<=") },
  ...{ greater: decides(">"), greaterEqual: decides(">=") },
  neg: (a) => `(-${a})`,
  reciprocal: (a) => `(1 / ${a})`,
  rectifier: (a) => `Math.max(${a}, 0)`,
  square: (a) => `(${a} ** 2)`,
  where: (mask, a, b) => `(${mask} !== 0 ? ${a} : ${b})`,
};

/** The expression of an op, undefined where it isn't elementwise. */
export function expressionOf({ op, attrs }: Tensor): Expression | undefined {
  if (op.name !== "cast") return expressions[op.name];
  return (attrs as DType) === "int32" ? (a) => `(Math.trunc(${a}) || 0)` : (a) => a!;
}

/**
 * The functions that a file may need, those that it does need are written into it. What stands between ‹ and › is for TypeScript alone. `F` is
 * Float32Array; whole numbers are held in it too.
 */
export const functions: { readonly [name: string]: string } = {
  sigmoid: `function sigmoid(x‹: number›)‹: number› {
  const small = Math.exp(-Math.abs(x));
  return (x < 0 ? small : 1) / (1 + small);
}`,
  softplus: `function softplus(x‹: number›)‹: number› {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}`,
  each: `function each(shape‹: readonly number[]›, steps‹: readonly number[]›, at‹: number›, visit‹: (i: number, at: number) => void›)‹: void› {
  let i = 0;
  const walk = (axis‹: number›, from‹: number›)‹: void› => {
    if (axis === shape.length) return visit(i++, from);
    for (let n = 0; n < shape[axis]‹!›; n++) walk(axis + 1, from + n * steps[axis]‹!›);
  };
  walk(0, at);
}`,
  view: `function view(x‹: F›, shape‹: readonly number[]›, steps‹: readonly number[]›, at = 0)‹: F› {
  const y = new Float32Array(shape.reduce((n, m) => n * m, 1));
  each(shape, steps, at, (i, j) => { y[i] = x[j]‹!›; });
  return y;
}`,
  place: `function place(y‹: F›, x‹: F›, shape‹: readonly number[]›, steps‹: readonly number[]›, at‹: number›)‹: void› {
  each(shape, steps, at, (i, j) => { y[j] = x[i]‹!›; });
}`,
  fold: `function fold(x‹: F›, n‹: number›, first‹: number›, f‹: (a: number, b: number) => number›)‹: F› {
  const y = new Float32Array(x.length / n);
  for (let i = 0; i < y.length; i++) {
    let all = first;
    for (let j = 0; j < n; j++) all = f(all, x[i * n + j]‹!›);
    y[i] = all;
  }
  return y;
}`,
  largest: `function largest(x‹: F›, n‹: number›, k‹: number›)‹: number[][]› {
  const rows‹: number[][]› = [];
  for (let at = 0; at < x.length; at += n) {
    const order = Array.from({ length: n }, (_, i) => i);
    order.sort((a, b) => x[at + b]‹!› - x[at + a]‹!› || a - b);
    rows.push(order.slice(0, k));
  }
  return rows;
}`,
  gather: `function gather(table‹: F›, index‹: F›, inner‹: number›)‹: F› {
  const y = new Float32Array(index.length * inner);
  index.forEach((row, i) => {
    if (!(row >= 0 && (row + 1) * inner <= table.length)) throw new RangeError("predict: there is no class " + row);
    y.set(table.subarray(row * inner, (row + 1) * inner), i * inner);
  });
  return y;
}`,
  matmul: `function matmul(a‹: F›, b‹: F›, m‹: number›, k‹: number›, n‹: number›, count = 1)‹: F› {
  const y = new Float32Array(count * m * n);
  const row = new Float64Array(n);
  for (let i = 0; i < count * m; i++) {
    const at = b.length > k * n ? Math.floor(i / m) * k * n : 0;
    row.fill(0);
    for (let l = 0; l < k; l++) {
      const x = a[i * k + l]‹!›;
      if (x !== 0) for (let j = 0, w = at + l * n; j < n; j++) row[j]‹!› += x * b[w++]‹!›;
    }
    y.set(row, i * n);
  }
  return y;
}`,
  open: `function open(gates‹: F›)‹: number[]› {
  return Array.from(gates.keys()).filter((k) => gates[k] !== 0);
}`,
  toBlocks: `function toBlocks(x‹: F›, m‹: F›, units‹: number›, blocks‹: number›, list‹: readonly number[]›)‹: F› {
  const y = new Float32Array(blocks * units);
  for (const k of list)
    for (let s = k * units; s < (k + 1) * units; s++) {
      let all = 0;
      for (let d = 0, w = s * x.length; d < x.length; d++) all += x[d]‹!› * m[w++]‹!›;
      y[s] = all;
    }
  return y;
}`,
  fromBlocks: `function fromBlocks(c‹: F›, m‹: F›, units‹: number›, depth‹: number›, list‹: readonly number[]›)‹: F› {
  const row = new Float64Array(depth);
  for (const k of list)
    for (let s = k * units; s < (k + 1) * units; s++)
      for (let d = 0, w = s * depth; d < depth; d++) row[d]‹!› += c[s]‹!› * m[w++]‹!›;
  return Float32Array.from(row);
}`,
  taps: `function taps(w‹: Window›, visit‹: (place: number, at: number, tap: number) => void›)‹: void› {
  for (let r = 0; r < w.output[0]; r++)
    for (let c = 0; c < w.output[1]; c++)
      for (let t = 0; t < w.size[0]; t++)
        for (let u = 0; u < w.size[1]; u++) {
          const y = r * w.stride[0] + t * w.dilation[0] - w.before[0];
          const x = c * w.stride[1] + u * w.dilation[1] - w.before[1];
          if (y < 0 || x < 0 || y >= w.input[0] || x >= w.input[1]) continue;
          visit(r * w.output[1] + c, y * w.input[1] + x, t * w.size[1] + u);
        }
}`,
  conv: `function conv(x‹: F›, m‹: F›, w‹: Window›, channels‹: number›, features‹: number›, groups‹: number›, list‹: readonly number[]›)‹: F› {
  const y = new Float64Array(w.output[0] * w.output[1] * features);
  const [deep, wide] = [channels / groups, features / groups];
  taps(w, (place, at, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = x[at * channels + c]‹!›;
      if (value === 0) continue;
      const [group, row] = [Math.floor(c / deep), (tap * deep + (c % deep)) * features];
      if (groups === 1) for (const n of list) y[place * features + n]‹!› += value * m[row + n]‹!›;
      else for (let n = group * wide; n < (group + 1) * wide; n++) y[place * features + n]‹!› += value * m[row + n]‹!›;
    }
  });
  return Float32Array.from(y);
}`,
  pool: `function pool(x‹: F›, w‹: Window›, channels‹: number›, first‹: number›, f‹: (a: number, b: number) => number›)‹: F› {
  const y = new Float64Array(w.output[0] * w.output[1] * channels).fill(first);
  taps(w, (place, at) => {
    for (let c = 0; c < channels; c++) y[place * channels + c] = f(y[place * channels + c]‹!›, x[at * channels + c]‹!›);
  });
  return Float32Array.from(y);
}`,
  read: `function read(name‹: string›, x‹: number | Numbers›, length‹: number›)‹: F› {
  const y = Float32Array.from(typeof x === "number" ? [x] : x);
  if (y.length !== length || y.some(Number.isNaN))
    throw new RangeError("predict: " + name + " must be " + length + " numbers, received " + y.length + (y.some(Number.isNaN) ? ", NaN among them" : ""));
  return y;
}`,
};

/** Functions that a function calls. */
export const calls: { readonly [name: string]: readonly string[] } = {
  view: ["each"],
  place: ["each"],
  conv: ["taps"],
  pool: ["taps"],
};
