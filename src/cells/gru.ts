import { add, mul, sub } from "../graph/index.ts";
import { activation } from "../layers/activations.ts";
import { choice, number, type Values } from "../options/index.ts";
import { cellOf, type Description } from "./described.ts";
import { gateOption, gateSquash, gatesOption, keepingBias, longestOption } from "./gates.ts";
import { state, x } from "./neuron.ts";

const options = {
  reset: choice(["after", "before"], "whether r multiplies h U or h", { default: "after" }),
  candidate: activation("squashes the candidate", { default: "tanh" }),
  gates: gatesOption,
  resetEstimator: gateOption("reset"),
  updateEstimator: gateOption("update"),
  updateBias: number({}, "first bias of the gate that keeps h", { usual: "0" }),
  longest: longestOption,
};

const RESET = "reset h";

function describe(given: Values<typeof options>, { units }: { readonly units: number }): Description {
  const { reset, candidate } = given;
  const bias = keepingBias("gru", { bias: given.updateBias, longest: given.longest }, 0);
  const recurrent = reset === "before" ? state(RESET) : { ...state(), times: "reset" };
  return {
    state: { h: units },
    neurons: [
      {
        name: "reset",
        letter: "r",
        place: "dendrite",
        sees: [x, state()],
        squash: gateSquash("gru", "reset", given.gates, given.resetEstimator),
        bias: 0,
      },
      {
        name: "update",
        letter: "z",
        place: "soma",
        sees: [x, state()],
        squash: gateSquash("gru", "update", given.gates, given.updateEstimator),
        bias,
      },
      { name: "candidate", letter: "n", place: "dendrite", sees: [x, recurrent], squash: candidate, bias: 0 },
    ],
    symbols: { [RESET]: String.raw`(r_t \odot h_{t-1})` },
    equations: [String.raw`h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t`],
    meet({ state: { h }, neuron }) {
      const r = neuron("reset");
      const z = neuron("update");
      const n = neuron("candidate", reset === "before" ? { [RESET]: mul(r, h!) } : {});
      const next = add(mul(z, h!), mul(sub(1, z), n));
      return { state: { h: next }, output: next };
    },
  };
}

/** The gated recurrent unit. `after` is PyTorch's, whose candidate has a bias of its own within the reset; `before` is the first paper's. */
export const gru = cellOf(
  {
    name: "gru",
    title: "gated recurrent unit",
    summary:
      "Keeps h by the update gate, and replaces the rest by a candidate that sees as much of h as the reset gate lets through.",
    source:
      "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder for statistical machine translation, https://arxiv.org/abs/1406.1078 (reset before the product, version 1; after it, version 3 of 1412.3555 and PyTorch)",
  },
  options,
  describe,
);
