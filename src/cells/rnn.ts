import { estimatorOption } from "../estimators/index.ts";
import { choice, type Values } from "../options/index.ts";
import { cellOf, type Description } from "./described.ts";
import { squashOf } from "./gates.ts";
import { state, x } from "./neuron.ts";

const options = {
  estimator: estimatorOption("the units: tanh, rectifier, or any that decide", { default: "tanh" }),
  first: choice(["random", "identity"], "first recurrent weights", { default: "random" }),
};

function describe({ estimator, first }: Values<typeof options>, { units }: { readonly units: number }): Description {
  const recurrent = first === "identity" ? ({ ...state(), first } as const) : state();
  return {
    state: { h: units },
    neurons: [
      {
        name: "unit",
        letter: "h",
        place: "soma",
        sees: [x, recurrent],
        squash: squashOf(estimator, "cell rnn: estimator"),
        bias: 0,
      },
    ],
    equations: [],
    meet({ neuron }) {
      const h = neuron("unit");
      return { state: { h }, output: h };
    },
  };
}

/** The simple recurrent network: with `estimator: "rectifier", first: "identity"` that of Le, Jaitly and Hinton. */
export const rnn = cellOf(
  {
    name: "rnn",
    title: "simple recurrent network",
    summary: "Its units see x and each other's outputs of the step before, and keep nothing else.",
    source:
      "Elman 1990, Finding structure in time, https://doi.org/10.1207/s15516709cog1402_1; identity: Le, Jaitly and Hinton 2015, A simple way to initialize recurrent networks of rectified linear units, https://arxiv.org/abs/1504.00941",
  },
  options,
  describe,
);
