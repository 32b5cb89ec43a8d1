/** Neurons that spike: a leaky membrane, a threshold, a reset. */
import { UserError } from "../errors.ts";
import { type EstimatorConfig, estimatorFamily, estimatorFor } from "../estimators/index.ts";
import { add, div, exp, log, mul, stopGradient, sub, type Tensor } from "../graph/index.ts";
import { boolean, choice, number, spec, type Values } from "../options/index.ts";
import type { CellSizes } from "./cell.ts";
import type { Description, Meeting } from "./described.ts";
import { type Connection, type Neuron, state, x } from "./neuron.ts";

/** The options of every cell that spikes. Times are in steps, voltages in units in which the neuron rests at 0. */
export const spikingOptions = {
  spike: spec(estimatorFamily, "how a spike is decided and trained through", {
    default: { name: "threshold", slope: "arctan" },
  }),
  threshold: number({ above: 0 }, "θ: the voltage at which the neuron spikes", { default: 1 }),
  sharpness: number({ above: 0 }, "k: P(spike) = σ(k(V − θ)) of drawn spikes", { default: 1 }),
  reset: choice(["subtraction", "zero", "none"], "what a spike does to the voltage", {
    default: "subtraction",
    aliases: { subtract: "subtraction", soft: "subtraction", hard: "zero" },
  }),
  resetGradient: boolean("gradient flows through the reset", { default: false }),
  tau: number({ above: 0 }, "τ: the membrane's time constant, β = e^(−1/τ)", { default: 10 }),
  learn: choice(["none", "shared", "unit"], "learn β: one for all, one a unit", { default: "none" }),
  decayInput: boolean("inputs are scaled by 1 − β", { default: false }),
  synapse: choice(["none", "current", "conductance"], "what inputs charge the membrane by", { default: "none" }),
  synapseTau: number({ above: 0 }, "τ of the synapse, in steps", { usual: "5" }),
  excitation: number({ above: 0 }, "conductance: voltage of excitation", { usual: "5" }),
  inhibition: number({ below: 0 }, "conductance: voltage of inhibition", { usual: "-1" }),
  recurrent: boolean("neurons see each other's last spikes", { default: true }),
};
export type SpikingOptions = Values<typeof spikingOptions>;

/** A threshold that rises with each spike and decays: θ + strength · a, a' = ρ a + s. */
export interface Adaptation {
  /** βₐ */
  readonly strength: number;
  /** In steps: ρ = e^(−1/τ) */
  readonly tau: number;
}

const SYNAPSE_TAU = 5;
const [EXCITATION, INHIBITION] = [5, -1];

/** e^(−1/τ): what is left of a voltage after a step. */
export const decayOf = (tau: number): number => Math.exp(-1 / tau);

/** Throws UserError for options that another one leaves without effect, and for spikes of one-hot units. */
function check(subject: string, given: SpikingOptions): void {
  const { synapse } = given;
  const needed = { synapseTau: synapse !== "none", ...both(["excitation", "inhibition"], synapse === "conductance") };
  for (const [name, holds] of Object.entries(needed))
    if (given[name as keyof typeof needed] !== undefined && !holds)
      throw new UserError(
        `${subject}: ${name} needs synapse ${name === "synapseTau" ? "current or conductance" : "conductance"}, received synapse ${synapse}`,
      );
  if (given.decayInput && synapse === "conductance")
    throw new UserError(`${subject}: decayInput is for synapse none or current, received synapse conductance`);
}

const both = <K extends string>(names: readonly K[], value: boolean) =>
  Object.fromEntries(names.map((name) => [name, value])) as { readonly [name in K]: boolean };

/** The estimator of the spikes. Throws UserError for one-hot units, of which one always spikes. */
function spikeEstimator(config: EstimatorConfig, subject: string) {
  const estimator = estimatorFor(config, `${subject}: spike`);
  if (estimator.unit.classes !== undefined)
    throw new UserError(
      `${subject}: spike needs units that decide one by one, received ${estimator.card.name}, whose units are one-hot`,
    );
  return estimator;
}

function neuronsOf(subject: string, given: SpikingOptions, { units }: CellSizes): Neuron[] {
  const sees: Connection[] = given.recurrent ? [x, state("s")] : [x];
  const drive = (name: string, letter: string, squash: "linear" | "rectifier"): Neuron => ({
    ...{ name, letter, place: "dendrite", sees, squash, bias: 0 },
  });
  const beta = decayOf(given.tau);
  return [
    ...(given.synapse === "conductance"
      ? [drive("excitation", "E", "rectifier"), drive("inhibition", "J", "rectifier")]
      : [drive("drive", "I", "linear")]),
    ...(given.learn === "none"
      ? []
      : [
          {
            ...{ name: "leak", letter: String.raw`\beta`, place: "soma", sees: [], squash: "sigmoid" },
            ...{ bias: Math.log(beta / (1 - beta)), units: given.learn === "shared" ? 1 : units },
          } satisfies Neuron,
        ]),
    {
      ...{ name: "spike", letter: "s", place: "axon" },
      sees: [{ name: "voltage", from: "above", weight: "one", letter: "" }],
      squash: spikeEstimator(given.spike, subject),
    },
  ];
}

/** What the membrane is charged to in a step, and the synapse's next state. */
function charged(
  given: SpikingOptions,
  { state, neuron }: Meeting,
): { v: Tensor; synapse: { [name: string]: Tensor } } {
  const beta = given.learn === "none" ? decayOf(given.tau) : neuron("leak");
  const alpha = decayOf(given.synapseTau ?? SYNAPSE_TAU);
  if (given.synapse === "conductance") {
    const e = add(mul(state.e!, alpha), neuron("excitation"));
    const j = add(mul(state.j!, alpha), neuron("inhibition"));
    const total = add(add(e, j), 1);
    const pulls = add(mul(e, given.excitation ?? EXCITATION), mul(j, given.inhibition ?? INHIBITION));
    const rest = div(pulls, total);
    const decay = exp(mul(total, typeof beta === "number" ? Math.log(beta) : log(beta)));
    return { v: add(rest, mul(sub(state.v!, rest), decay)), synapse: { e, j } };
  }
  const drive = neuron("drive");
  const current = given.synapse === "current" ? add(mul(state.i!, alpha), drive) : drive;
  const scaled = given.decayInput ? mul(current, typeof beta === "number" ? 1 - beta : sub(1, beta)) : current;
  return { v: add(mul(state.v!, beta), scaled), synapse: given.synapse === "current" ? { i: current } : {} };
}

const afterReset = (given: SpikingOptions, v: Tensor, spike: Tensor, threshold: Tensor | number): Tensor => {
  const s = given.resetGradient ? spike : stopGradient(spike);
  if (given.reset === "none") return v;
  return given.reset === "zero" ? mul(v, sub(1, s)) : sub(v, mul(s, threshold));
};

/** The equations of a step, in TeX. */
function equationsOf(given: SpikingOptions, adaptation: Adaptation | undefined): string[] {
  const { synapse, threshold, sharpness, reset } = given;
  const into = synapse === "current" ? "i_t" : "I_t";
  const scale = given.decayInput ? String.raw`(1-\beta)\,` : "";
  const theta = adaptation ? String.raw`\theta_t` : String.raw`\theta`;
  const charge =
    synapse === "conductance"
      ? [
          String.raw`e_t = \alpha e_{t-1} + E_t,\quad j_t = \alpha j_{t-1} + J_t`,
          String.raw`\bar v_t = \frac{${given.excitation ?? EXCITATION}\,e_t ${given.inhibition ?? INHIBITION}\,j_t}{1 + e_t + j_t},\quad u_t = \bar v_t + (v_{t-1} - \bar v_t)\,\beta^{1 + e_t + j_t}`,
        ]
      : [
          ...(synapse === "current" ? [String.raw`i_t = \alpha i_{t-1} + I_t`] : []),
          String.raw`u_t = \beta v_{t-1} + ${scale}${into}`,
        ];
  const after = { subtraction: `u_t - ${theta} s_t`, zero: "u_t (1 - s_t)", none: "u_t" }[reset];
  const times = given.learn === "none" ? [String.raw`\beta = e^{-1/${given.tau}}`] : [];
  if (synapse !== "none") times.push(String.raw`\alpha = e^{-1/${given.synapseTau ?? SYNAPSE_TAU}}`);
  return [
    ...charge,
    ...(adaptation
      ? [
          String.raw`\theta_t = ${threshold} + ${adaptation.strength}\,a_{t-1},\quad a_t = \rho a_{t-1} + s_t,\quad \rho = e^{-1/${adaptation.tau}}`,
        ]
      : [String.raw`\theta = ${threshold}`]),
    ...(sharpness === 1 ? [] : [`k = ${sharpness}`]),
    `v_t = ${after}`,
    ...(times.length > 0 ? [times.join(String.raw`,\quad `)] : []),
  ];
}

/** A cell that spikes, with a threshold that is fixed or adapts. */
export function spiking(
  subject: string,
  given: SpikingOptions,
  sizes: CellSizes,
  adaptation?: Adaptation,
): Description {
  check(subject, given);
  const { threshold, sharpness, synapse, recurrent } = given;
  const rho = adaptation && decayOf(adaptation.tau);
  const states = {
    none: [],
    current: ["i"],
    conductance: ["e", "j"],
  }[synapse];
  const names = ["v", ...states, ...(recurrent ? ["s"] : []), ...(adaptation ? ["a"] : [])];
  const theta = adaptation ? String.raw`\theta_t` : String.raw`\theta`;
  return {
    state: Object.fromEntries(names.map((name) => [name, sizes.units])),
    neurons: neuronsOf(subject, given, sizes),
    symbols: { above: sharpness === 1 ? `u_t - ${theta}` : `k (u_t - ${theta})` },
    equations: equationsOf(given, adaptation),
    meet(step) {
      const { v, synapse: next } = charged(given, step);
      const a = step.state.a;
      const limit = adaptation && a ? add(mul(a, adaptation.strength), threshold) : threshold;
      const above = sub(v, limit);
      const s = step.neuron("spike", { above: sharpness === 1 ? above : mul(above, sharpness) });
      return {
        state: {
          ...{ v: afterReset(given, v, s, limit), ...next },
          ...(recurrent && { s }),
          ...(a && { a: add(mul(a, rho!), s) }),
        },
        output: s,
      };
    },
  };
}
