import { readOut } from "../../cells/decide.ts";
import type { Cell, Named } from "../../cells/index.ts";
import { squashes } from "../../cells/neuron.ts";
import { type Carry, firstCarry, type Row, rowsOf, stepOf } from "../../cells/steps.ts";
import { add, broadcastTo, constant, exp, matmul, mul, scan, type Tensor, transpose } from "../../graph/index.ts";

/** What a cell's units kept and showed, step by step. */
export interface Observed {
  /** [B, T, H]: the membrane's voltage V after the step (and its reset), an LSTM's c, JANET's h. */
  readonly memory: Tensor;
  /** [B, T, H]: the share of the memory before the step that is left after it: e^(−Δt/τ), or a forget gate. */
  readonly kept: Tensor;
  /** [B, T, H]: outputs, such as spikes. */
  readonly output: Tensor;
}

/** The vector of a cell's state that is its memory, and the neuron that says how much of it is kept. */
const parts = {
  lstm: { memory: "c", neuron: "forget" },
  janet: { memory: "h", neuron: "forget" },
  leaky: { memory: "V", neuron: "rate" },
  lif: { memory: "V", neuron: "rate" },
  alif: { memory: "V", neuron: "rate" },
} as const;
export type ObservableCell = keyof typeof parts;

/**
 * Runs a cell over sequences as at test, and keeps what its units do. The shares are computed from the neuron that the cell itself asks.
 * @param x [B, T, I]
 */
export function observe(cell: Cell, params: Named<Tensor>, x: Tensor): Observed {
  const { memory } = parts[cell.config.name as ObservableCell];
  const { ys } = scan<Carry, Row, Observed>(
    (before, row) => {
      const decide = readOut(row.step);
      const { carry, output } = stepOf(cell, params, before, row, { lengths: undefined, decide });
      const shown = carry.state[memory]!;
      const kept = broadcastTo(keptShare(cell, params, before.state, row.seen), shown.shape);
      return { carry, y: { memory: shown, kept, output } };
    },
    firstCarry(cell, params, x, {}),
    rowsOf(cell, params, x, {}),
  );
  const byExample = (y: Tensor): Tensor => transpose(y, [1, 0, 2]);
  return { memory: byExample(ys.memory), kept: byExample(ys.kept), output: byExample(ys.output) };
}

/** What is left of the memory after a step: [B, H], or [] where that never changes. */
function keptShare(cell: Cell, params: Named<Tensor>, state: Named<Tensor>, seen: Named<Tensor>): Tensor {
  const { name, dt = 1, tau } = cell.config as { readonly name: ObservableCell; readonly dt?: number; tau?: number };
  const neuron = cell.neurons!.find((own) => own.name === parts[name].neuron);
  const dtype = Object.values(params)[0]!.dtype;
  if (!neuron) return constant(Math.exp(-dt / tau!), dtype);
  const others = neuron.sees.filter(({ from }) => from !== "x");
  const projected = seen[neuron.name];
  // What sees x alone is computed for all steps at once, and squashed there.
  if (projected && others.length === 0) return shareOf(name, projected, dt);
  const recurrent = others.map((c) => matmul(state[c.from]!, params[`${neuron.name}.${c.name}`]!));
  const a = [projected ?? params[`${neuron.name}.bias`]!, ...recurrent].reduce((sum, part) => add(sum, part));
  return shareOf(name, squashes[neuron.squash as "sigmoid" | "softplus"](a), dt);
}

/** From a forget gate, which is the share, or a rate 1/τ. */
const shareOf = (name: ObservableCell, said: Tensor, dt: number): Tensor =>
  parts[name].neuron === "forget" ? said : exp(mul(said, -dt));

/** The longest time constant that float32 distinguishes from one that never forgets: float32 shares next to 1 are 6e-8 apart. */
export const LONGEST = 1e6;

/** The time constant, in steps, by which a memory decays of which this share is left after a step: −1 / ln(share). */
export const timeConstantOf = (share: number): number =>
  share <= 0 ? 0 : Math.min(LONGEST, share >= 1 ? LONGEST : -1 / Math.log(share));
