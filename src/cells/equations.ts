import type { Description } from "./described.ts";
import { type Neuron, squashTex } from "./neuron.ts";

/** How a value is written, in TeX: x and this step's neurons with t, the state with t − 1. */
export function symbolOf(name: string, { symbols = {}, state, neurons, inputSquash = "linear" }: Description): string {
  const own = symbols[name];
  if (own !== undefined) return own;
  if (name === "x") return inputSquash === "linear" ? "x_t" : `${squashTex[inputSquash]}(x_t)`;
  if (name in state) return `${name}_{t-1}`;
  const neuron = neurons.find((other) => other.name === name);
  return neuron ? withStep(neuron) : name;
}

/** A neuron that sees nothing has the same output at all steps. */
const withStep = ({ letter, sees }: Neuron): string => (sees.length > 0 ? `${letter}_t` : letter);

/** f_t = σ(x_t W_f + h_{t−1} U_f + b_f) */
function equationOf(neuron: Neuron, description: Description): string {
  const { letter, sees, squash, bias } = neuron;
  const terms = sees.map(({ from, weight, letter: matrix, times }) => {
    const source = symbolOf(from, description);
    if (weight === "one") return source;
    if (weight === "vector") return String.raw`${matrix}_${index(letter)} \odot ${source}`;
    const product = `${source} ${matrix}_${index(letter)}`;
    if (times === undefined) return product;
    return String.raw`${symbolOf(times, description)} \odot (${product} + b'_${index(letter)})`;
  });
  const sum = [...terms, ...(bias === undefined ? [] : [`b_${index(letter)}`])].join(" + ");
  const name = typeof squash === "string" ? squashTex[squash] : String.raw`\text{${squash.card.name}}`;
  return `${withStep(neuron)} = ${name === "" ? sum : `${name}(${sum})`}`;
}

const index = (letter: string): string => (letter.length > 1 ? `{${letter}}` : letter);

/** A step: the neurons in order, and how they meet. */
export const equationsOf = (description: Description): readonly string[] => [
  ...description.neurons.map((neuron) => equationOf(neuron, description)),
  ...description.equations,
];
