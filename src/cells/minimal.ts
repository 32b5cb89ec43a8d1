import { add, mul, sub } from "../graph/index.ts";
import { activation } from "../layers/activations.ts";
import type { Values } from "../options/index.ts";
import { cellOf, type Description } from "./described.ts";
import { forgetBiasOption, gatesOption, keepingBias, longestOption, squashOf } from "./gates.ts";
import { state, x } from "./neuron.ts";

const options = {
  candidate: activation("squashes what the cell sees of x", { default: "tanh" }),
  gates: gatesOption,
  forgetBias: forgetBiasOption,
  longest: longestOption,
};

function describe(given: Values<typeof options>, { units }: { readonly units: number }): Description {
  const bias = keepingBias("minimal", { bias: given.forgetBias, longest: given.longest });
  const code = { name: "code", from: "candidate", weight: "matrix", letter: "W" } as const;
  return {
    state: { h: units },
    neurons: [
      { name: "candidate", letter: "z", place: "dendrite", sees: [x], squash: given.candidate, bias: 0 },
      {
        name: "update",
        letter: "u",
        place: "soma",
        sees: [code, state()],
        squash: squashOf(given.gates, "cell minimal: gates"),
        bias,
      },
    ],
    equations: [String.raw`h_t = u_t \odot h_{t-1} + (1 - u_t) \odot z_t`],
    meet({ state: { h }, neuron }) {
      const z = neuron("candidate");
      const u = neuron("update");
      const next = add(mul(u, h!), mul(sub(1, u), z));
      return { state: { h: next }, output: next };
    },
  };
}

/** MinimalRNN. The minimal gated unit, which other papers call minimal too, is `minimal-gated`. */
export const minimal = cellOf(
  {
    name: "minimal",
    title: "MinimalRNN",
    summary: "Takes in a code of x that sees nothing of the past; one gate says how much of h that code replaces.",
    source:
      "Chen 2017, MinimalRNN: Toward more interpretable and trainable recurrent neural networks, https://arxiv.org/abs/1711.06788",
  },
  options,
  describe,
);
