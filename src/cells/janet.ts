import { UserError } from "../errors.ts";
import { add, mul, sigmoid, sub } from "../graph/index.ts";
import { activation } from "../layers/activations.ts";
import { number, type Values } from "../options/index.ts";
import { cellOf, type Description } from "./described.ts";
import { forgetBiasOption, gatesOption, keepingBias, longestOption, squashOf } from "./gates.ts";
import { state, x } from "./neuron.ts";

const options = {
  beta: number({ atLeast: 0 }, "lets more of the candidate in", { usual: "1, or 0 where the gate decides" }),
  candidate: activation("squashes the candidate", { default: "tanh" }),
  gates: gatesOption,
  forgetBias: forgetBiasOption,
  longest: longestOption,
};

function describe(given: Values<typeof options>, { units }: { readonly units: number }): Description {
  const squash = squashOf(given.gates, "cell janet: gates");
  const shifts = squash === "sigmoid";
  const beta = given.beta ?? (shifts ? 1 : 0);
  if (beta !== 0 && !shifts)
    throw new UserError(`cell janet: beta must be 0 where the gate is not a sigmoid, received ${beta}`);
  const input = beta === 0 ? "f_t" : String.raw`\sigma(s_t - ${beta})`;
  return {
    state: { h: units },
    neurons: [
      {
        name: "forget",
        letter: "f",
        place: "soma",
        sees: [x, state()],
        squash,
        bias: keepingBias("janet", { bias: given.forgetBias, longest: given.longest }),
      },
      { name: "candidate", letter: "g", place: "dendrite", sees: [x, state()], squash: given.candidate, bias: 0 },
    ],
    equations: [
      ...(beta === 0 ? [] : ["s_t = x_t W_f + h_{t-1} U_f + b_f"]),
      String.raw`h_t = f_t \odot h_{t-1} + (1 - ${input}) \odot g_t`,
    ],
    meet({ state: { h }, neuron, preactivation }) {
      const f = neuron("forget");
      const closed = beta === 0 ? f : sigmoid(sub(preactivation("forget"), beta));
      const next = add(mul(f, h!), mul(sub(1, closed), neuron("candidate")));
      return { state: { h: next }, output: next };
    },
  };
}

/** An LSTM with nothing but its forget gate. */
export const janet = cellOf(
  {
    name: "janet",
    title: "JANET, just another network",
    summary:
      "An LSTM whose only gate is the forget gate; with `longest`, its first biases spread memories up to that many steps.",
    source:
      "van der Westhuizen and Lasenby 2018, The unreasonable effectiveness of the forget gate, https://arxiv.org/abs/1804.04849; chrono initialisation: Tallec and Ollivier 2018, Can recurrent neural networks warp time?, https://arxiv.org/abs/1804.11188",
  },
  options,
  describe,
);
