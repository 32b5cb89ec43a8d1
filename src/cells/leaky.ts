import { UserError } from "../errors.ts";
import { add, exp, mul, sub, type Tensor } from "../graph/index.ts";
import { activation } from "../layers/activations.ts";
import { boolean, choice, number, type Values } from "../options/index.ts";
import type { CellSizes } from "./cell.ts";
import { cellOf, type Description } from "./described.ts";
import { type Neuron, squashes, squashTex, state, x } from "./neuron.ts";

const options = {
  method: choice(["exact", "euler"], "how a step solves the equation", { default: "exact" }),
  dt: number({ above: 0 }, "time of a step", { default: 1 }),
  tau: number({ above: 0 }, "time constant, in dt's unit; learned: the first", { default: 10 }),
  timeConstant: choice(["fixed", "shared", "per-unit", "modulated"], "modulated: by what the unit sees", {
    default: "fixed",
  }),
  recurrent: boolean("whether units see the last outputs", { default: true }),
  activation: activation("what is shown of V", { default: "tanh" }),
};

type LeakyOptions = Values<typeof options>;

/** The b whose softplus is 1/τ: e^(1/τ) − 1 has no room where τ is small. */
const biasOfRate = (tau: number): number => 1 / tau + Math.log(-Math.expm1(-1 / tau));

/** The neuron that says how fast V leaks, 1/τ; none where τ is fixed. */
function rateOf({ timeConstant, tau }: LeakyOptions, seen: Neuron["sees"]): Neuron[] {
  if (timeConstant === "fixed") return [];
  const sees = timeConstant === "modulated" ? seen : [];
  const units = timeConstant === "shared" ? { units: 1 } : {};
  return [{ name: "rate", letter: "r", place: "soma", sees, squash: "softplus", bias: biasOfRate(tau), ...units }];
}

function describe(given: LeakyOptions, { units }: CellSizes): Description {
  const { method, dt, tau, timeConstant, activation: shown } = given;
  if (method === "euler" && timeConstant === "fixed" && dt >= 2 * tau)
    throw new UserError(
      `cell leaky: euler needs dt below 2 tau, beyond which V grows without bound; received ${dt} and ${tau}`,
    );
  // Where V itself is shown, it is not kept twice.
  const output = shown === "linear" ? "V" : "h";
  const seen = given.recurrent ? [x, state(output)] : [x];
  const rate = rateOf(given, seen);
  const letter = rate[0]?.sees.length === 0 ? "r" : "r_t";
  const time = rate.length === 0 ? String.raw`\Delta t / \tau` : String.raw`\Delta t\,${letter}`;
  const decay = method === "exact" ? `e^{-${time}}` : `1 - ${time}`;
  /** What is left of V after a step. */
  const kept = (r: Tensor | undefined): Tensor | number => {
    if (r === undefined) return method === "exact" ? Math.exp(-dt / tau) : 1 - dt / tau;
    return method === "exact" ? exp(mul(r, -dt)) : sub(1, mul(r, dt));
  };
  return {
    state: { V: units, ...(output === "h" && { h: units }) },
    neurons: [...rate, { name: "current", letter: "I", place: "dendrite", sees: seen, squash: "linear", bias: 0 }],
    equations: [
      String.raw`\beta = ${decay}`,
      String.raw`V_t = \beta V_{t-1} + (1 - \beta) I_t`,
      ...(output === "h" ? [`h_t = ${squashTex[shown]}(V_t)`] : []),
    ],
    meet({ state: { V }, neuron }) {
      const beta = kept(rate.length > 0 ? neuron("rate") : undefined);
      const lost = typeof beta === "number" ? 1 - beta : sub(1, beta);
      const next = add(mul(beta, V!), mul(lost, neuron("current")));
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
