import { UserError } from "../errors.ts";
import { estimatorOption } from "../estimators/index.ts";
import { add, mul, sub } from "../graph/index.ts";
import { activation } from "../layers/activations.ts";
import { boolean, type Values } from "../options/index.ts";
import type { CellSizes } from "./cell.ts";
import { cellOf, type Description } from "./described.ts";
import { checkLeak, kept, keptTex, leakOptions, leakValues, rateNeuron } from "./leak.ts";
import { squashes, squashTex, state, x } from "./neuron.ts";
import { spiking, spikingDefaults } from "./spiking.ts";

const options = {
  ...leakOptions,
  recurrent: boolean("whether units see the last outputs", { default: true }),
  activation: activation("what is shown of V", { usual: "tanh" }),
  spike: estimatorOption("it spikes, as lif with decayInput", { usual: "it shows V" }),
};

type LeakyOptions = Values<typeof options>;

function describe(given: LeakyOptions, sizes: CellSizes): Description {
  const { spike, activation: shown = "tanh", ...leak } = given;
  const { units } = sizes;
  if (spike !== undefined) {
    if (given.activation !== undefined)
      throw new UserError(
        `cell leaky: give activation or spike, which both say what is shown of V; received ${given.activation} and a spike`,
      );
    return spiking("cell leaky", { ...spikingDefaults, ...leak, decayInput: true, spike }, sizes);
  }
  checkLeak("cell leaky", given);
  // Where V itself is shown, it is not kept twice.
  const output = shown === "linear" ? "V" : "h";
  const seen = given.recurrent ? [x, state(output)] : [x];
  const rate = rateNeuron(given, seen);
  return {
    state: { V: units, ...(output === "h" && { h: units }) },
    neurons: [...rate, { name: "current", letter: "I", place: "dendrite", sees: seen, squash: "linear", bias: 0 }],
    equations: [
      String.raw`\beta = ${keptTex(given)}${leakValues(given)}`,
      String.raw`V_t = \beta V_{t-1} + (1 - \beta) I_t`,
      ...(output === "h" ? [`h_t = ${squashTex[shown]}(V_t)`] : []),
    ],
    meet({ state: { V }, neuron, called, next: used }) {
      const beta = called(String.raw`\beta`, kept(given, rate.length > 0 ? neuron("rate") : undefined));
      const lost = typeof beta === "number" ? 1 - beta : sub(1, beta);
      const next = used("V", add(mul(beta, V!), mul(lost, neuron("current"))));
      const h = squashes[shown](next);
      return { state: { V: next, ...(output === "h" && { h }) }, output: h };
    },
  };
}

/**
 * τ dV/dt = I − V, with I constant over a step: exactly by V' = e^(−Δt/τ) V + (1 − e^(−Δt/τ)) I, or by Euler's V' = V + Δt/τ (I − V).
 * With τ = 1/softplus(a), a what the unit sees, and Δt = 1 the exact decay is σ(−a): a forget gate.
 */
export const leaky = cellOf(
  {
    name: "leaky",
    title: "leaky integrator",
    summary:
      "A membrane V follows its input current with a time constant τ: fixed, learned, or set at each step by what the unit sees.",
    source:
      "Lapicque 1907, translated by Brunel and van Rossum 2007, https://doi.org/10.1007/s00422-007-0189-6; recurrent: Funahashi and Nakamura 1993, Approximation of dynamical systems by continuous time recurrent neural networks, https://doi.org/10.1016/S0893-6080(05)80125-X; time constants and gates: Tallec and Ollivier 2018, https://arxiv.org/abs/1804.11188",
  },
  options,
  describe,
);
