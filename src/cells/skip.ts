import { readsClosedGates } from "../estimators/estimator.ts";
import { estimatorOption } from "../estimators/index.ts";
import { add, broadcastTo, clip, constant, log, minimum, mul, sub, type Tensor } from "../graph/index.ts";
import { family, make, spec, type Values } from "../options/index.ts";
import type { CellSizes } from "./cell.ts";
import { cellOf, type Description } from "./described.ts";
import { squashOf } from "./gates.ts";
import { gru } from "./gru.ts";
import { janet } from "./janet.ts";
import { lstm } from "./lstm.ts";
import { minimal } from "./minimal.ts";
import { minimalGated } from "./minimal-gated.ts";
import type { Neuron } from "./neuron.ts";
import { rnn } from "./rnn.ts";

/** Cells whose output is h of their state: a step that is skipped shows the h that there was. */
const within = { gru, janet, lstm, minimal, "minimal-gated": minimalGated, rnn };
const withinFamily = family("cell", within);

const options = {
  cell: spec(withinFamily, "the cell whose steps are skipped", { default: { name: "gru" } }),
  estimator: estimatorOption("how the gate of the steps decides", { default: "threshold" }),
};

const RATE = "p";
/** How near to 0 and 1 a probability may come whose logit is taken. */
const MARGIN = 1e-6;

function describe({ cell, estimator }: Values<typeof options>, sizes: CellSizes): Description {
  const inner = make("cell skip: cell", withinFamily, cell, sizes).description;
  const own = "c" in inner.state ? "c" : "h";
  // A letter that no neuron within has: MinimalRNN's update gate is u.
  const letter = inner.neurons.some((neuron) => neuron.letter === "u") ? "s" : "u";
  const u = `${letter}_t`;
  const taken: Neuron = {
    name: "step",
    letter,
    place: "soma",
    sees: [{ name: "logit", from: "logit", weight: "one", letter: "" }],
    squash: squashOf(estimator, "cell skip: estimator"),
    units: 1,
  };
  // Where gradient asks what a skipped step would have come to, it is computed.
  const reads = typeof taken.squash === "string" || readsClosedGates(taken.squash);
  const increment: Neuron = {
    name: "increment",
    letter: "d",
    place: "axon",
    sees: [{ name: "recurrent", from: "new state", weight: "matrix", letter: "W" }],
    squash: "sigmoid",
    bias: 1,
    units: 1,
  };
  const skipped = Object.keys(inner.state).map((name) => `${name}'_t = ${u} ${name}_t + (1 - ${u}) ${name}_{t-1}`);
  return {
    ...inner,
    state: { ...inner.state, [RATE]: 1 },
    neurons: [taken, ...inner.neurons, increment],
    taken: taken.name,
    symbols: { ...inner.symbols, [RATE]: "p_t", logit: String.raw`\mathrm{logit}(p_t)`, "new state": `${own}'_t` },
    equations: [...inner.equations, ...skipped, String.raw`p_{t+1} = ${u} d_t + (1 - ${u})(p_t + \min(d_t, 1 - p_t))`],
    start: (params, batch) => {
      const { dtype } = Object.values(params)[0]!;
      return { ...inner.start?.(params, batch), [RATE]: broadcastTo(constant(1, dtype), [batch, 1]) };
    },
    meet(step) {
      const { state, neuron } = step;
      const p = state[RATE]!;
      const inside = step.called(String.raw`\bar p_t`, clip(p, MARGIN, 1 - MARGIN));
      const u = neuron("step", { logit: sub(log(inside), log(sub(1, inside))) });
      const proposed = inner.meet(step.valuesOnly || !reads ? step.within(u) : step).state;
      const blend = (now: Tensor, before: Tensor): Tensor => add(mul(u, now), mul(sub(1, u), before));
      const next = Object.fromEntries(
        Object.entries(proposed).map(([name, now]) => [name, blend(step.called(`${name}_t`, now), state[name]!)]),
      );
      const d = neuron("increment", { "new state": next[own]! });
      return { state: { ...next, [RATE]: blend(d, add(p, minimum(d, sub(1, p)))) }, output: next.h! };
    },
  };
}

/**
 * Skip RNN: at each step one binary gate for the whole layer takes the cell's step, or copies its state. The probability p of a step
 * adds up while steps are skipped. The gate's pre-activation is the logit of p, so that `threshold` rounds p and, as in the paper, has the
 * gradient of the identity; an estimator of random units draws it with probability p.
 *
 * Examples that skip a step take no part in the products with its state where no gradient is asked for, and in training where the estimator doesn't read
 * what closed units stand for.
 */
export const skip = cellOf(
  {
    name: "skip",
    title: "skip RNN",
    summary: "One binary gate says whether the cell within takes its step; where it is 0, the state is copied.",
    source:
      "Campos, Jou, Giró-i-Nieto, Torres and Chang 2018, Skip RNN: Learning to skip state updates in recurrent neural networks, https://arxiv.org/abs/1708.06834",
  },
  options,
  describe,
);
