import { add, broadcastTo, constant, scan, type Tensor, transpose } from "../graph/index.ts";
import type { Named } from "./cell.ts";
import { type DecideAt, readOut } from "./decide.ts";
import { type DescribedCell, preactivationName, step } from "./described.ts";
import { type Carry, firstCarry, mapNamed, type Row, rowsOf } from "./steps.ts";

/** All that a cell computes along sequences, [B, T, width] each. */
export interface Watched {
  /** The vectors of the state after each step, by name. */
  readonly state: Named<Tensor>;
  /** What each neuron outputs, by name: "forget". A neuron that sees nothing has the same output at all steps. */
  readonly neurons: Named<Tensor>;
  /** What comes through a neuron's connections, by the names of their weights ("forget.recurrent"), that of x with the neuron's bias; and values that
   * the cell's equations name, by their TeX ("\\beta"). With nudges also what a neuron adds up: "forget:a". */
  readonly values: Named<Tensor>;
  readonly output: Tensor;
}

export interface WatchOptions {
  /** How decisions are taken (default: each gives its unit's deterministic readout). */
  readonly decide?: DecideAt | undefined;
  /**
   * [1, T, width] or [B, T, width] each, added to what the cell computes under these names (`nudgedIn`): the gradient with respect to a nudge of zeros is
   * that with respect to the value (default: none).
   */
  readonly nudges?: Named<Tensor> | undefined;
}

/**
 * Runs a cell over sequences, and gives back what its neurons and its state are at each step. Throws ShapeError as `runCell` does.
 * @param x [B, T, I]
 */
export function watchCell(
  cell: DescribedCell,
  params: Named<Tensor>,
  x: Tensor,
  { decide = readOut, nudges }: WatchOptions = {},
): Watched {
  const { description, units } = cell;
  const names = new Set(description.neurons.map(({ name }) => name));
  const batch = x.shape[0]!;
  const wide = (value: Tensor | number): Tensor => {
    const tensor = typeof value === "number" ? constant(value, x.dtype) : value;
    return broadcastTo(tensor, [batch, tensor.rank === 0 ? units : tensor.shape.at(-1)!]);
  };
  const byStep = nudges && mapNamed(nudges, (of) => transpose(of, [1, 0, 2]));
  const { ys } = scan<Carry, Row & { readonly by: Named<Tensor> }, Watched>(
    ({ state: before }, { step: at, seen, by }) => {
      const done = new Set<string>();
      const nudge = (name: string, value: Tensor): Tensor => {
        done.add(name);
        return by[name] ? add(value, by[name]) : value;
      };
      const [neurons, values]: Record<string, Tensor>[] = [{}, {}];
      const { state, output } = step(description, {
        ...{ params, before, seen, decide: decide(at) },
        nudge: (name, value) => {
          const found = nudge(name, value);
          if (byStep && name === preactivationName(name.replace(/:.*$/s, ""))) values![name] = wide(found);
          return found;
        },
        watch: (name, value) => {
          (names.has(name) ? neurons : values)![name] = wide(value);
        },
      });
      const after = mapNamed(state, (value, name) => (done.has(name) ? value : nudge(name, value)));
      // What a cell outputs may be a part of its state.
      const shown = Object.keys(state).find((name) => state[name] === output);
      const sent = shown === undefined ? output : after[shown]!;
      return { carry: { state: after }, y: { state: after, neurons: neurons!, values: values!, output: sent } };
    },
    firstCarry(cell, params, x, {}),
    { ...rowsOf(cell, params, x, {}), by: byStep ?? {} },
  );
  const byExample = (rows: Tensor): Tensor => transpose(rows, [1, 0, 2]);
  return {
    state: mapNamed(ys.state, byExample),
    neurons: mapNamed(ys.neurons, byExample),
    values: mapNamed(ys.values, byExample),
    output: byExample(ys.output),
  };
}
