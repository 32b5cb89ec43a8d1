import { UserError } from "../errors.ts";
import { add, mul, sub, type Tensor } from "../graph/index.ts";
import { activation } from "../layers/activations.ts";
import { boolean, choice, list, type Values } from "../options/index.ts";
import type { CellSizes } from "./cell.ts";
import { cellOf, type Description } from "./described.ts";
import { forgetBiasOption, gateOption, gateSquash, gatesOption, keepingBias, longestOption } from "./gates.ts";
import { type Connection, type Neuron, peephole, squashes, squashTex, state, x } from "./neuron.ts";

const gates = ["input", "forget", "output"] as const;
type Gate = (typeof gates)[number];

const options = {
  inputGate: choice(["own", "coupled", "none"], "coupled: 1 − forget (CIFG); none: always 1 (NIG)", { default: "own" }),
  forgetGate: boolean("false: always 1 (NFG)", { default: true }),
  outputGate: boolean("false: always 1 (NOG)", { default: true }),
  candidate: activation("squashes the candidate (linear: NIAF)", { default: "tanh" }),
  activation: activation("squashes c before the output gate (linear: NOAF)", { default: "tanh" }),
  peepholes: boolean("gates see c, the output gate the new c", { default: false }),
  gateRecurrence: boolean("gates see the last step's gates (FGR)", { default: false }),
  inputSquash: activation("squashes x before any neuron sees it", { default: "linear" }),
  seesInput: list(choice(gates, "a gate"), "gates that see x", { single: true, default: gates }),
  seesState: list(choice(gates, "a gate"), "gates that see h", { single: true, default: gates }),
  gates: gatesOption,
  inputEstimator: gateOption("input"),
  forgetEstimator: gateOption("forget"),
  outputEstimator: gateOption("output"),
  forgetBias: forgetBiasOption,
  longest: longestOption,
};
type LstmOptions = Values<typeof options>;

const letters = { input: "i", forget: "f", output: "o" } as const;
const places = { input: "dendrite", forget: "soma", output: "axon" } as const;

/** The gates that there are, in the order in which a step computes them. */
const ownGates = ({ inputGate, forgetGate, outputGate }: LstmOptions): Gate[] =>
  gates.filter((gate) => ({ input: inputGate === "own", forget: forgetGate, output: outputGate })[gate]);

/** Throws UserError where two options contradict each other. */
function check(given: LstmOptions): void {
  const { inputGate, forgetGate, forgetBias, longest } = given;
  const own = ownGates(given);
  if (inputGate === "coupled" && !forgetGate)
    throw new UserError("cell lstm: inputGate coupled needs a forget gate, received forgetGate false");
  for (const gate of gates)
    if (given[`${gate}Estimator`] !== undefined && !own.includes(gate))
      throw new UserError(`cell lstm: ${gate}Estimator names the estimator of a gate that this cell does not have`);
  for (const [name, value] of Object.entries({ forgetBias, longest }))
    if (value !== undefined && !forgetGate)
      throw new UserError(`cell lstm: ${name} needs a forget gate, received forgetGate false`);
}

function gateOf(gate: Gate, given: LstmOptions): Neuron {
  const sees: Connection[] = [
    ...(given.seesInput.includes(gate) ? [x] : []),
    ...(given.seesState.includes(gate) ? [state()] : []),
    ...(given.peepholes ? [peephole(gate === "output" ? "new c" : "c")] : []),
    ...(given.gateRecurrence ? ownGates(given).map(lastGate) : []),
  ];
  const bias = {
    input: given.longest === undefined ? 0 : ({ longest: given.longest, sign: -1 } as const),
    forget: keepingBias("lstm", { bias: given.forgetBias, longest: given.longest }),
    output: 0,
  };
  const squash = gateSquash("lstm", gate, given.gates, given[`${gate}Estimator`]);
  return { name: gate, letter: letters[gate], place: places[gate], sees, squash, bias: bias[gate] };
}

const lastGate = (gate: Gate): Connection => ({
  name: `last-${gate}`,
  from: `last-${gate}`,
  weight: "matrix",
  letter: `R^${letters[gate]}`,
});

function describe(given: LstmOptions, { units }: CellSizes): Description {
  check(given);
  const own = ownGates(given);
  const { inputGate, activation: squash, inputSquash } = given;
  const candidate: Neuron = {
    name: "candidate",
    letter: "g",
    place: "dendrite",
    sees: [x, state()],
    squash: given.candidate,
    bias: 0,
  };
  const before = own.filter((gate) => gate !== "output");
  const last = given.gateRecurrence ? own : [];
  const [f, i, o] = [
    own.includes("forget") ? String.raw`f_t \odot ` : "",
    { own: String.raw`i_t \odot `, coupled: String.raw`(1 - f_t) \odot `, none: "" }[inputGate],
    own.includes("output") ? String.raw`o_t \odot ` : "",
  ];
  const squashed = squash === "linear" ? "c_t" : `${squashTex[squash]}(c_t)`;
  return {
    state: Object.fromEntries(["c", "h", ...last.map((gate) => `last-${gate}`)].map((name) => [name, units])),
    neurons: [
      ...before.map((gate) => gateOf(gate, given)),
      candidate,
      ...(own.includes("output") ? [gateOf("output", given)] : []),
    ],
    inputSquash,
    symbols: { "new c": "c_t", ...Object.fromEntries(last.map((gate) => [`last-${gate}`, `${letters[gate]}_{t-1}`])) },
    equations: [`c_t = ${f}c_{t-1} + ${i}g_t`, `h_t = ${o}${squashed}`],
    meet({ state: { c }, neuron, next: kept }) {
      const open = new Map<Gate, Tensor>(before.map((gate) => [gate, neuron(gate)]));
      const forget = open.get("forget");
      const input = inputGate === "coupled" ? sub(1, forget!) : open.get("input");
      const next = kept("c", add(times(forget, c!), times(input, neuron("candidate"))));
      if (own.includes("output")) open.set("output", neuron("output", { "new c": next }));
      const h = times(open.get("output"), squashes[squash](next));
      const seen = last.map((gate) => [`last-${gate}`, open.get(gate)!]);
      return { state: { c: next, h, ...Object.fromEntries(seen) }, output: h };
    },
  };
}

/** What a gate lets through; all of it where there is no gate. */
const times = (gate: Tensor | undefined, value: Tensor): Tensor => (gate ? mul(gate, value) : value);

/** Long short-term memory, vanilla or as any variant of the search space of Greff et al. Throws UserError for options that contradict each other. */
export const lstm = cellOf(
  {
    name: "lstm",
    title: "long short-term memory",
    summary: "Keeps a sum c that the forget gate scales, the input gate adds to, and the output gate shows.",
    source:
      "Hochreiter and Schmidhuber 1997, Long short-term memory, https://doi.org/10.1162/neco.1997.9.8.1735; variants: Greff, Srivastava, Koutník, Steunebrink and Schmidhuber 2017, LSTM: A search space odyssey, https://arxiv.org/abs/1503.04069; forget bias 1: Gers, Schmidhuber and Cummins 2000, Learning to forget, https://doi.org/10.1162/089976600300015015, and Jozefowicz, Zaremba and Sutskever 2015, https://proceedings.mlr.press/v37/jozefowicz15.html",
  },
  options,
  describe,
);
