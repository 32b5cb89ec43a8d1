import { broadcastTo, constant, scan, type Tensor, transpose } from "../graph/index.ts";
import type { Named } from "./cell.ts";
import { readOut } from "./decide.ts";
import { type DescribedCell, step } from "./described.ts";
import { type Carry, firstCarry, mapNamed, type Row, rowsOf } from "./steps.ts";

/** All that a cell computes along sequences, [B, T, width] each. */
export interface Watched {
  /** The vectors of the state after each step, by name. */
  readonly state: Named<Tensor>;
  /** What each neuron outputs, by name: "forget". A neuron that sees nothing has the same output at all steps. */
  readonly neurons: Named<Tensor>;
  /** What comes through a neuron's connections, by the names of their weights ("forget.recurrent"), that of x with the neuron's bias; and values that
   * the cell's equations name, by their TeX ("\\beta"). */
  readonly values: Named<Tensor>;
  readonly output: Tensor;
}

/**
 * Runs a cell over sequences as at test, and gives back what its neurons and its state are at each step. Throws ShapeError as `runCell` does.
 * @param x [B, T, I]
 */
export function watchCell(cell: DescribedCell, params: Named<Tensor>, x: Tensor): Watched {
  const { description, units } = cell;
  const names = new Set(description.neurons.map(({ name }) => name));
  const batch = x.shape[0]!;
  const wide = (value: Tensor | number): Tensor => {
    const tensor = typeof value === "number" ? constant(value, x.dtype) : value;
    return broadcastTo(tensor, [batch, tensor.rank === 0 ? units : tensor.shape.at(-1)!]);
  };
  const { ys } = scan<Carry, Row, Watched>(
    ({ state: before }, { step: at, seen }) => {
      const [neurons, values]: Record<string, Tensor>[] = [{}, {}];
      const { state, output } = step(description, {
        ...{ params, before, seen, decide: readOut(at) },
        watch: (name, value) => {
          (names.has(name) ? neurons : values)![name] = wide(value);
        },
      });
      return { carry: { state }, y: { state, neurons: neurons!, values: values!, output } };
    },
    firstCarry(cell, params, x, {}),
    rowsOf(cell, params, x, {}),
  );
  const byExample = (rows: Tensor): Tensor => transpose(rows, [1, 0, 2]);
  return {
    state: mapNamed(ys.state, byExample),
    neurons: mapNamed(ys.neurons, byExample),
    values: mapNamed(ys.values, byExample),
    output: byExample(ys.output),
  };
}
