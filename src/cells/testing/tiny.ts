import type { Estimator } from "../../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor } from "../../estimators/index.ts";
import {
  add,
  array,
  constant,
  evaluate,
  matmul,
  mul,
  type NdArray,
  sub,
  type Tensor,
  tanh,
} from "../../graph/index.ts";
import { affineInit } from "../../layers/affine.ts";
import { type Key, replayKey } from "../../random/index.ts";
import type { Cell, Named } from "../cell.ts";

/** Rows of numbers as a tensor of double precision, of any rank. */
export const float64 = (values: readonly unknown[]): Tensor =>
  constant(array(values as number[], { dtype: "float64" }));
export const value = (x: Tensor): number[] => Array.from(evaluate([x])[0]!.data);

const estimatorOf = (given: EstimatorConfig | Estimator): Estimator => estimatorFor(given);

/** Units that fire or not: a = x + h R, h' = what their estimator makes of a. What they read is added as it is, so that ∂/∂x is ∂/∂a. */
export function firing(units: number, estimator: EstimatorConfig | Estimator): Cell {
  const decision = { name: "fire", estimator: estimatorOf(estimator), units };
  return {
    ...{ config: { name: "firing" }, inputs: units, units, state: { h: units } },
    parameters: [{ name: "recurrent", shape: [units, units] }],
    decisions: [decision],
    multiplyAdds: units * units,
    init: (key) => ({ recurrent: affineInit(key, units, units).weight }),
    project: (_, x) => ({ x }),
    step({ recurrent }, { h }, { x }, decide) {
      const output = decide(decision, add(x!, matmul(h!, recurrent!)));
      return { state: { h: output }, output };
    },
  };
}

/** A leaky memory behind a gate that decides, read by a second gate that sees the memory and what the first one decided. */
export function gatedMemory(inputs: number, units: number, keep: EstimatorConfig, read: EstimatorConfig): Cell {
  const decisions = [
    { name: "keep", estimator: estimatorOf(keep), units },
    { name: "read", estimator: estimatorOf(read), units },
  ] as const;
  const shapes = { input: [inputs, units], keep: [inputs, units], recurrent: [units, units] } as const;
  return {
    ...{ config: { name: "memory" }, inputs, units, state: { memory: units, output: units } },
    parameters: Object.entries(shapes).map(([name, shape]) => ({ name, shape })),
    decisions,
    multiplyAdds: 2 * inputs * units + units * units,
    init: (key) =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, [rows, columns]], i) => [
          name,
          affineInit(key.fold(i), rows, columns).weight,
        ]),
      ),
    project: ({ input, keep }, x) => ({ input: matmul(x, input!), keep: matmul(x, keep!) }),
    step({ recurrent }, { memory, output }, seen, decide) {
      const gate = decide(decisions[0], add(seen.keep!, matmul(output!, recurrent!)));
      const next = add(mul(gate, memory!), mul(sub(1, gate), seen.input!));
      const open = decide(decisions[1], sub(next, mul(gate, 0.5)));
      const sent = mul(open, tanh(next));
      return { state: { memory: next, output: sent }, output: sent };
    },
  };
}

/** First parameters of a cell in double precision, moved so that none is 0. */
export const parametersOf = (cell: Cell, key: Key): Named<Tensor> =>
  Object.fromEntries(
    Object.entries(cell.init(key)).map(([name, { data, shape }], i) => [
      name,
      constant(
        array(
          Float64Array.from(data, (w, j) => w + 0.3 * Math.sin(1 + j + 2 * i)),
          { shape },
        ),
      ),
    ]),
  );

/** A key that gives each decision of each step uniform draws of its own, in order. */
export function keyOfSteps(draws: readonly (readonly (readonly NdArray[])[])[]): Key {
  const step = (t: number) => ({ fold: (place: number) => replayKey({ uniform: draws[t]![place]! }) });
  return { fold: step } as unknown as Key;
}
