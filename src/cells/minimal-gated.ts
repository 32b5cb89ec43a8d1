import { add, mul, sub } from "../graph/index.ts";
import { activation } from "../layers/activations.ts";
import type { Values } from "../options/index.ts";
import { cellOf, type Description } from "./described.ts";
import { gatesOption, longestOption, squashOf } from "./gates.ts";
import { state, x } from "./neuron.ts";

const options = {
  candidate: activation("squashes the candidate", { default: "tanh" }),
  gates: gatesOption,
  longest: longestOption,
};

const GATED = "gated h";

function describe(
  { candidate, gates, longest }: Values<typeof options>,
  { units }: { readonly units: number },
): Description {
  const squash = squashOf(gates, "cell minimal-gated: gates");
  const bias = longest === undefined ? 0 : ({ longest, sign: -1 } as const);
  return {
    state: { h: units },
    neurons: [
      { name: "forget", letter: "f", place: "soma", sees: [x, state()], squash, bias },
      { name: "candidate", letter: "g", place: "dendrite", sees: [x, state(GATED)], squash: candidate, bias: 0 },
    ],
    symbols: { [GATED]: String.raw`(f_t \odot h_{t-1})` },
    equations: [String.raw`h_t = (1 - f_t) \odot h_{t-1} + f_t \odot g_t`],
    meet({ state: { h }, neuron }) {
      const f = neuron("forget");
      const g = neuron("candidate", { [GATED]: mul(f, h!) });
      const next = add(mul(sub(1, f), h!), mul(f, g));
      return { state: { h: next }, output: next };
    },
  };
}

/** The minimal gated unit: a GRU whose one gate is reset and update. */
export const minimalGated = cellOf(
  {
    name: "minimal-gated",
    title: "minimal gated unit",
    summary: "A GRU with one gate: where it is open, the candidate sees h and replaces it.",
    source:
      "Zhou, Wu, Zhang and Zhou 2016, Minimal gated unit for recurrent neural networks, https://arxiv.org/abs/1603.09420",
  },
  options,
  describe,
);
