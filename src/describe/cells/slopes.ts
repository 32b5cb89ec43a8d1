/** How a step's values and their derivatives are written, read off the ops that compute them. */
import type { Connection, Neuron } from "../../cells/neuron.ts";
import { isOp, type Tensor } from "../../graph/index.ts";
import { constantOp } from "../../graph/ops/constant.ts";
import { backThroughUnits } from "../notation.ts";
import { readable } from "../readable.ts";
import { type StepTrace, type StepValue, sumOf } from "./trace.ts";

/** A product: its sign, and factors in the order in which they are written. */
interface Term {
  readonly minus: boolean;
  readonly factors: readonly string[];
}

/** Three digits, and more where they tell it from a whole number. */
const digits = (n: number): string =>
  String(Number(n.toPrecision(Math.abs(n - Math.round(n)) < 1e-3 ? 6 : 3))).replace("-", "−");

/** β and 1 − β by their names where they have some, else three digits. */
function numberText(number: number, names: StepTrace["numbers"]): string {
  if (Number.isInteger(number)) return digits(number);
  const rest = [...names].find(([other]) => Math.fround(1 - other) === number || Math.abs(1 - other - number) < 1e-7);
  return names.get(number) ?? (rest ? `(1 − ${rest[1]})` : digits(number));
}

/** The number that a tensor of one element holds. */
export const numberOf = (x: Tensor): number | undefined =>
  isOp(x, constantOp) && x.attrs.data.length === 1 ? Number(x.attrs.data[0]) : undefined;

/** Whether an operator outside of parentheses would tear the text apart. */
function isSum(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if ("([".includes(c)) depth++;
    else if (")]".includes(c)) depth--;
    else if (depth === 0 && "+−⊘/⊙ ".includes(c)) return true;
  }
  return false;
}
export const inner = (text: string): string => (isSum(text) ? `(${text})` : text);

/** Parentheses for a factor: a product may stand in a product. */
const factor = (text: string): string =>
  !isScalar(text) && isSum(text) && !/^[^+−⊘/]+$/u.test(text) ? `(${text})` : text;

/** How each op of cells is written, of its operands' texts. */
const written: Readonly<Record<string, (...operands: string[]) => string>> = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} − ${inner(b!)}`,
  mul: (a, b) => product([factor(a!), factor(b!)]),
  div: (a, b) => `${factor(a!)} / ${inner(b!)}`,
  minimum: (a, b) => `min(${a}, ${b})`,
  maximum: (a, b) => `max(${a}, ${b})`,
  exp: (a) => `exp(${a})`,
  log: (a) => `log(${a})`,
  neg: (a) => `−${inner(a!)}`,
  sigmoid: (a) => `σ(${a})`,
  rectifier: (a) => `relu(${a})`,
};
/** Ops that change no number. */
const through = new Set(["broadcastTo", "reshape", "stopGradient"]);

/** A number, or the name of one, with its sign. */
const isScalar = (text: string): boolean => /^−?([\d.]+|[αβρθε])$/u.test(text);

/** Numbers come first, and bare. */
function product(factors: readonly string[]): string {
  const minus = factors.filter((text) => text.startsWith("−")).length % 2 === 1;
  const bare = factors.map((text) => text.replace(/^−/u, ""));
  const numbers = bare.filter((text) => isScalar(text) && text !== "1");
  const rest = bare.filter((text) => !isScalar(text));
  const text = [...numbers, rest.join(" ⊙ ")].filter((part) => part !== "").join(" ") || "1";
  return minus ? `−${text}` : text;
}

/** A value as it is computed of named ones. */
export function expression(x: Tensor, names: ReadonlyMap<Tensor, string>, numbers: StepTrace["numbers"]): string {
  const named = names.get(x);
  if (named !== undefined) return named;
  const number = numberOf(x);
  if (number !== undefined) return numberText(number, numbers);
  const operands = x.inputs.map((operand) => expression(operand, names, numbers));
  if (through.has(x.op.name)) return operands[0]!;
  const form = written[x.op.name];
  return form ? form(...operands) : `${x.op.name}(${operands.join(", ")})`;
}

/** The factors by which a derivative is multiplied on its way from an op to each of its operands; a leading − is the sign. */
function localSlopes(x: Tensor, write: (x: Tensor) => string): (string | undefined)[] {
  const [a, b] = x.inputs.map(write);
  const own = write(x);
  const slopes: Readonly<Record<string, () => string[]>> = {
    add: () => ["1", "1"],
    sub: () => ["1", "−1"],
    mul: () => [factor(b!), factor(a!)],
    div: () => [`1/${inner(b!)}`, `−${factor(own)} / ${inner(b!)}`],
    exp: () => [own],
    log: () => [`1/${inner(a!)}`],
    neg: () => ["−1"],
    tanh: () => [`(1 − tanh²(${a}))`],
    sigmoid: () => [`σ′(${a})`],
    rectifier: () => [`1[${a} > 0]`],
    softplus: () => [`σ(${a})`],
    minimum: () => [`1[${a} < ${b}]`, `1[${b} < ${a}]`],
    maximum: () => [`1[${a} > ${b}]`, `1[${b} > ${a}]`],
  };
  if (x.op.name === "stopGradient") return [undefined];
  const found = slopes[x.op.name];
  if (found) return found();
  return through.has(x.op.name) ? ["1"] : x.inputs.map((_, i) => `∂${x.op.name}/∂${i + 1}`);
}

const times = (terms: readonly Term[], slope: string): Term[] => {
  const minus = slope.startsWith("−");
  const bare = minus ? slope.slice(1) : slope;
  const own = minus && bare !== "1" ? factor(bare) : bare;
  return terms.map((term) => ({
    ...{ minus: term.minus !== minus, factors: own === "1" ? term.factors : [...term.factors, own] },
  }));
};

const sumText = (terms: readonly Term[]): string =>
  terms
    .map(({ minus, factors }, i) => `${i === 0 ? (minus ? "−" : "") : minus ? " − " : " + "}${product(factors)}`)
    .join("");

/** ∂L/∂ of a value; what is written with an operator stands in parentheses. */
export const lossBy = (symbol: string): string => `∂L/∂${inner(symbol)}`;

/** What flows back to each named value of a step. */
export interface Slopes {
  /** "∂L/∂fₜ = ∂L/∂cₜ ⊙ cₜ₋₁": what this step adds to a value's derivative; undefined where it adds nothing. */
  of(value: StepValue): string | undefined;
  /** ∂L/∂xₜ, and before it that by what neurons see of x, where that is squashed. */
  ofInput(): readonly string[];
  /** δ of a neuron, the derivative by what it adds up, a line each. */
  delta(neuron: Neuron): readonly string[];
}

/** δ_f */
export const deltaOf = ({ letter }: Neuron): string => readable(`\\delta_${letter}`).trim();

/** What flows back in a step, of everything that reads a value. */
export function slopesOf(trace: StepTrace): Slopes {
  const { before, neurons, sums, seen, after, output } = trace;
  const named = [...before, ...neurons, ...sums, ...seen, ...after, output];
  const names = new Map<Tensor, string>();
  for (const { tensor, symbol } of named) if (!names.has(tensor)) names.set(tensor, symbol);
  const flows = new Map<string, Term[]>();
  const give = (symbol: string, terms: readonly Term[]): void => {
    flows.set(symbol, [...(flows.get(symbol) ?? []), ...terms]);
  };
  const leaves = new Set([...before, ...neurons, ...sums].map(({ tensor }) => tensor));
  const ends = [...names.keys()].filter((tensor) => !leaves.has(tensor));
  const write = (x: Tensor): string => expression(x, names, trace.numbers);
  for (const end of ends) backFrom(end, names, write, give);
  for (const { neuron } of neurons) backThroughConnections(trace, neuron!, give);
  const isCarried = new Set(after.map(({ symbol }) => symbol));
  const line = (symbol: string): string | undefined => {
    const terms = flows.get(symbol);
    // The next steps and the network above give the state after the step its derivative, too.
    const sign = isCarried.has(symbol) || symbol === output.symbol || symbol === trace.symbol("x") ? "+=" : "=";
    return terms && `${lossBy(symbol)} ${sign} ${sumText(terms)}`;
  };
  return {
    of: ({ symbol }) => line(symbol),
    ofInput: () => {
      const symbol = trace.symbol("x");
      const seen = line(symbol);
      const { inputSquash = "linear" } = trace.cell.description;
      if (seen === undefined || inputSquash === "linear") return seen === undefined ? [] : [seen];
      return [seen, `∂L/∂xₜ = ${product([lossBy(symbol), squashSlopes[inputSquash]!(symbol)])}`];
    },
    delta(neuron) {
      const also = flows.get(sumOf(neuron));
      const own = deltaLines(neuron, trace.symbol(neuron.name));
      // What an estimator's formula reads is nowhere else by its name.
      const sum = sumOf(neuron);
      const lines = own.some((line) => line.includes(sum)) ? [...own, `${sum} = ${sumTextOf(neuron, trace)}`] : own;
      const more = also && sumText(also);
      return more
        ? [`${lines[0]} ${more.startsWith("−") ? `− ${more.slice(1)}` : `+ ${more}`}`, ...lines.slice(1)]
        : lines;
    },
  };
}

/** Reverse accumulation in letters, from one named value to those that it is computed of. */
function backFrom(
  end: Tensor,
  names: ReadonlyMap<Tensor, string>,
  write: (x: Tensor) => string,
  give: (symbol: string, terms: readonly Term[]) => void,
): void {
  const open = new Map<Tensor, Term[]>([[end, [{ minus: false, factors: [lossBy(names.get(end)!)] }]]]);
  while (open.size > 0) {
    const x = [...open.keys()].reduce((a, b) => (a.id > b.id ? a : b));
    const terms = open.get(x)!;
    open.delete(x);
    if (x !== end && names.has(x)) {
      give(names.get(x)!, terms);
      continue;
    }
    localSlopes(x, write).forEach((slope, i) => {
      const operand = x.inputs[i]!;
      if (slope === undefined || numberOf(operand) !== undefined) return;
      open.set(operand, [...(open.get(operand) ?? []), ...times(terms, slope)]);
    });
  }
}

const weightOf = ({ letter: matrix }: Connection, { letter }: Neuron): string =>
  readable(`${matrix}_${letter.length > 1 ? `{${letter}}` : letter}`).trim();

/** What a neuron adds up. */
const sumTextOf = (neuron: Neuron, trace: StepTrace): string =>
  [
    ...neuron.sees.map((connection) => {
      const { from, weight, times: gate } = connection;
      const [symbol, own] = [trace.symbol(from), weightOf(connection, neuron)];
      if (weight === "one") return symbol;
      if (weight === "vector") return `${own} ⊙ ${symbol}`;
      return gate === undefined
        ? `${inner(symbol)} ${own}`
        : `${trace.symbol(gate)} ⊙ (${symbol} ${own} + b′${own.slice(1)})`;
    }),
    ...(neuron.bias === undefined ? [] : [`b${weightOf({ letter: "" } as Connection, neuron)}`]),
  ].join(" + ");

/** What a neuron's δ brings back through each of its connections. */
function backThroughConnections(
  trace: StepTrace,
  neuron: Neuron,
  give: (symbol: string, terms: readonly Term[]) => void,
): void {
  const delta = deltaOf(neuron);
  const plain = (...factors: string[]): Term[] => [{ minus: false, factors }];
  for (const connection of neuron.sees) {
    const { from, weight, times: gate } = connection;
    const [symbol, own] = [trace.symbol(from), weightOf(connection, neuron)];
    if (weight === "one") give(symbol, plain(delta));
    else if (weight === "vector") give(symbol, plain(own, delta));
    else if (gate === undefined) give(symbol, plain(`${delta} ${own}ᵀ`));
    else {
      const open = trace.symbol(gate);
      give(symbol, plain(`(${delta} ⊙ ${open}) ${own}ᵀ`));
      give(open, plain(delta, `(${symbol} ${own} + b′${own.slice(1)})`));
    }
  }
}

/** The derivative of each function, of its output y. */
const squashSlopes: Readonly<Record<string, (y: string) => string>> = {
  linear: () => "",
  sigmoid: (y) => `${y} ⊙ (1 − ${y})`,
  tanh: (y) => `(1 − ${y}²)`,
  rectifier: (y) => `1[${y} > 0]`,
  softplus: (y) => `(1 − exp(−${y}))`,
  "scaled-tanh": (y) => `⅔(1.7159 − ${y}²/1.7159)`,
};

function deltaLines(neuron: Neuron, symbol: string): string[] {
  const { squash } = neuron;
  const delta = deltaOf(neuron);
  if (typeof squash === "string") {
    const slope = squashSlopes[squash]!(symbol);
    return [`${delta} = ${slope === "" ? lossBy(symbol) : product([lossBy(symbol), slope])}`];
  }
  const sum = sumOf(neuron);
  const letters = { before: sum, after: symbol, function: "f" };
  const estimator = { unit: squash.unit, card: squash.card };
  return backThroughUnits({ estimator } as Parameters<typeof backThroughUnits>[0], letters).map((line) =>
    line.replace(`∂L/∂${sum} `, `${delta} `),
  );
}
