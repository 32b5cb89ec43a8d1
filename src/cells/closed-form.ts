import { add, mul, sub } from "../graph/index.ts";
import { number, type Values, whole } from "../options/index.ts";
import type { CellSizes } from "./cell.ts";
import { cellOf, type Description } from "./described.ts";
import { gatesOption, squashOf } from "./gates.ts";
import { type Connection, type Neuron, state, x } from "./neuron.ts";

const options = {
  backbone: whole(0, "units of a shared hidden layer, 0: none", { default: 0 }),
  dt: number({ above: 0 }, "time of a step", { default: 1 }),
  gates: gatesOption,
};

const asItIs = (from: string): Connection => ({ name: from, from, weight: "one", letter: "" });

function describe({ backbone, dt, gates }: Values<typeof options>, { units }: CellSizes): Description {
  const direct = [x, state()];
  const shared: Neuron[] =
    backbone === 0
      ? []
      : [
          {
            name: "backbone",
            letter: "z",
            place: "dendrite",
            sees: direct,
            squash: "scaled-tanh",
            bias: 0,
            units: backbone,
          },
        ];
  const seen: readonly Connection[] =
    backbone === 0 ? direct : [{ name: "backbone", from: "backbone", weight: "matrix", letter: "W" }];
  return {
    state: { h: units },
    neurons: [
      ...shared,
      { name: "start", letter: "p", place: "dendrite", sees: seen, squash: "tanh", bias: 0 },
      { name: "end", letter: "q", place: "dendrite", sees: seen, squash: "tanh", bias: 0 },
      { name: "speed", letter: "a", place: "soma", sees: seen, squash: "linear", bias: 0 },
      { name: "delay", letter: "d", place: "soma", sees: seen, squash: "linear", bias: 0 },
      {
        name: "time",
        letter: "g",
        place: "soma",
        sees: [asItIs("passed"), asItIs("delay")],
        squash: squashOf(gates, "cell closed-form: gates"),
      },
    ],
    symbols: { passed: String.raw`\Delta t\,a_t` },
    equations: [String.raw`h_t = (1 - g_t) \odot p_t + g_t \odot q_t`, String.raw`\Delta t = ${dt}`],
    meet({ neuron }) {
      for (const { name } of shared) neuron(name);
      const [start, end, speed] = [neuron("start"), neuron("end"), neuron("speed")];
      neuron("delay");
      const g = neuron("time", { passed: mul(speed, dt) });
      const h = add(mul(sub(1, g), start), mul(g, end));
      return { state: { h }, output: h };
    },
  };
}

/** The closed form of a liquid time-constant cell: no solver, and time enters by a gate. */
export const closedForm = cellOf(
  {
    name: "closed-form",
    title: "closed-form continuous-time",
    summary:
      "Moves from one candidate to another by a gate of the time that passes: a liquid cell whose solution is written down.",
    source:
      "Hasani, Lechner, Amini, Liebenwein, Ray, Tschaikowski, Teschl and Rus 2022, Closed-form continuous-time neural networks, https://arxiv.org/abs/2106.13898",
  },
  options,
  describe,
);
