import { add, div, mul } from "../graph/index.ts";
import { number, type Values, whole } from "../options/index.ts";
import type { CellSizes, CellStep } from "./cell.ts";
import { cellOf, type Description, type Meeting } from "./described.ts";
import { valuesTex } from "./leak.ts";
import { state, x } from "./neuron.ts";

const options = {
  unfolds: whole({ atLeast: 1, atMost: 100 }, "parts of a step that are solved", { default: 6 }),
  dt: number({ above: 0 }, "time of a step", { default: 1 }),
};

function describe({ unfolds, dt }: Values<typeof options>, { units }: CellSizes): Description {
  return {
    state: { v: units },
    neurons: [
      { name: "leak", letter: "r", place: "soma", sees: [], squash: "softplus", bias: 0 },
      { name: "reversal", letter: "A", place: "soma", sees: [], squash: "linear", bias: { within: 1 } },
      { name: "conductance", letter: "f", place: "dendrite", sees: [x, state("v")], squash: "sigmoid", bias: 0 },
    ],
    evaluations: unfolds,
    symbols: { v: "v_k" },
    equations: [
      String.raw`\epsilon = \Delta t / ${unfolds}${valuesTex(dt / unfolds, { "\\Delta t": dt })}`,
      String.raw`v_{k+1} = \frac{v_k + \epsilon f_t \odot A}{1 + \epsilon (r + f_t)}, \quad k = 0 \dots ${unfolds - 1}`,
      String.raw`v_0 = v_{t-1}, \quad v_t = v_{${unfolds}}`,
    ],
    meet: (step) => solved(step, dt / unfolds, unfolds),
    part: (step) => solved(step, dt / unfolds, 1),
  };
}

/** v after `parts` parts of a step, each of this length. */
function solved({ state: { v }, neuron, called }: Meeting, length: number, parts: number): CellStep {
  called(String.raw`\epsilon`, length);
  const [r, reversal] = [neuron("leak"), neuron("reversal")];
  let next = v!;
  for (let i = 0; i < parts; i++) {
    const f = neuron("conductance", { v: next });
    next = div(add(next, mul(mul(f, reversal), length)), add(1, mul(add(r, f), length)));
  }
  return { state: { v: next }, output: next };
}

/** dv/dt = −(r + f(x, v)) v + f(x, v) A by the fused solver, which is stable for any Δt. */
export const liquid = cellOf(
  {
    name: "liquid",
    title: "liquid time-constant",
    summary:
      "A leaky membrane whose inputs open conductances: they pull v to a reversal potential, and shorten its time constant.",
    source:
      "Hasani, Lechner, Amini, Rus and Grosu 2021, Liquid time-constant networks, https://arxiv.org/abs/2006.04439",
  },
  options,
  describe,
);
