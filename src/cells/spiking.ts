/** Neurons that spike: a leaky membrane, a threshold, a reset. */
import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor, estimatorOption } from "../estimators/index.ts";
import { add, div, mul, stopGradient, sub, type Tensor } from "../graph/index.ts";
import { boolean, choice, number, resolveOptions, type Values } from "../options/index.ts";
import type { CellSizes } from "./cell.ts";
import { canBeSilent } from "./decide.ts";
import type { Description, Meeting } from "./described.ts";
import { checkLeak, kept, keptTex, leakOptions, leakValues, rateNeuron, valuesTex } from "./leak.ts";
import { type Connection, type Neuron, state, x } from "./neuron.ts";

/** The options of every cell that spikes. Voltages are above that at rest. */
export const spikingOptions = {
  spike: estimatorOption("how a spike is decided and trained through", {
    default: { name: "threshold", slope: "arctan" },
  }),
  threshold: number({ above: 0 }, "θ: the voltage at which the neuron spikes", { default: 0.5 }),
  sharpness: number({ above: 0 }, "k: P(spike) = σ(k(V − θ)) of drawn spikes", { default: 1 }),
  reset: choice(["subtraction", "zero", "none"], "what a spike does to the voltage", {
    default: "subtraction",
    aliases: { subtract: "subtraction", soft: "subtraction", hard: "zero" },
  }),
  resetGradient: boolean("gradient flows through the reset", { default: true }),
  ...leakOptions,
  decayInput: boolean("inputs are scaled by 1 − β, as in leaky", { default: false }),
  synapse: choice(["none", "current", "conductance"], "what inputs charge the membrane by", { default: "none" }),
  synapseTau: number({ above: 0 }, "time constant of the synapse, in dt's unit", { usual: "5" }),
  excitation: number({ above: 0 }, "conductance: voltage of excitation", { usual: "5" }),
  inhibition: number({ below: 0 }, "conductance: voltage of inhibition", { usual: "-1" }),
  recurrent: boolean("neurons see each other's last spikes", { default: true }),
};
export type SpikingOptions = Values<typeof spikingOptions>;
export const spikingDefaults: SpikingOptions = resolveOptions("spikes", spikingOptions, {});

/** A threshold that rises with each spike and decays: θ + strength · a, a' = ρ a + s. */
export interface Adaptation {
  /** βₐ */
  readonly strength: number;
  /** ρ = e^(−Δt/τ) */
  readonly tau: number;
}

const SYNAPSE_TAU = 5;
const [EXCITATION, INHIBITION] = [5, -1];

/** e^(−Δt/τ): what is left after a step. */
export const decayOf = (tau: number, dt: number): number => Math.exp(-dt / tau);

/** Throws UserError for options that another one leaves without effect, and for spikes of one-hot units. */
function check(subject: string, given: SpikingOptions): void {
  const { synapse } = given;
  checkLeak(subject, given);
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

function neuronsOf(given: SpikingOptions, estimator: Estimator): Neuron[] {
  const last: Connection = { ...state("s"), ...(canBeSilent(estimator) && { sparse: true }) };
  const sees: Connection[] = given.recurrent ? [x, last] : [x];
  const drive = (name: string, letter: string, squash: "linear" | "rectifier"): Neuron => ({
    ...{ name, letter, place: "dendrite", sees, squash, bias: 0 },
  });
  return [
    ...rateNeuron(given, sees),
    ...(given.synapse === "conductance"
      ? [drive("excitation", "E", "rectifier"), drive("inhibition", "J", "rectifier")]
      : [drive("current", "I", "linear")]),
    {
      ...{ name: "spike", letter: "s", place: "axon" },
      sees: [{ name: "voltage", from: "above", weight: "one", letter: "" }],
      squash: estimator,
    },
  ];
}

/** What the membrane is charged to in a step, and the synapse's next state. */
function charged(
  given: SpikingOptions,
  { state, neuron, called }: Meeting,
): { V: Tensor; synapse: { [name: string]: Tensor } } {
  const { synapse, timeConstant, decayInput } = given;
  const rate = timeConstant === "fixed" ? undefined : neuron("rate");
  const alpha = called(String.raw`\alpha`, decayOf(given.synapseTau ?? SYNAPSE_TAU, given.dt));
  if (synapse === "conductance") {
    const e = add(mul(state.e!, alpha), neuron("excitation"));
    const j = add(mul(state.j!, alpha), neuron("inhibition"));
    const total = called("g_t", add(add(e, j), 1));
    const pulls = add(mul(e, given.excitation ?? EXCITATION), mul(j, given.inhibition ?? INHIBITION));
    const rest = called(String.raw`\bar V_t`, div(pulls, total));
    const beta = called(String.raw`\beta_t`, kept(given, rate, total));
    return { V: add(rest, mul(sub(state.V!, rest), beta)), synapse: { e, j } };
  }
  const beta = called(String.raw`\beta`, kept(given, rate));
  const into = neuron("current");
  const current = synapse === "current" ? add(mul(state.i!, alpha), into) : into;
  const lost = typeof beta === "number" ? 1 - beta : sub(1, beta);
  const V = add(mul(beta, state.V!), decayInput ? mul(lost, current) : current);
  return { V, synapse: synapse === "current" ? { i: current } : {} };
}

const afterReset = (given: SpikingOptions, v: Tensor, spike: Tensor, threshold: Tensor | number): Tensor => {
  const s = given.resetGradient ? spike : stopGradient(spike);
  if (given.reset === "none") return v;
  return given.reset === "zero" ? mul(v, sub(1, s)) : sub(v, mul(s, threshold));
};

/** What is left of the synapse's current after a step, in TeX. */
function synapseTex({ synapseTau: tau = SYNAPSE_TAU, dt }: SpikingOptions): string {
  return String.raw`\alpha = e^{-\Delta t/${tau}}${valuesTex(decayOf(tau, dt), {})}`;
}

/** What the neurons' outputs do, in TeX. */
function equationsOf(given: SpikingOptions, adaptation: Adaptation | undefined): string[] {
  const { synapse, threshold, reset } = given;
  const into = synapse === "current" ? "i_t" : "I_t";
  const theta = adaptation ? String.raw`\theta_t` : String.raw`\theta`;
  const charge =
    synapse === "conductance"
      ? [
          String.raw`e_t = \alpha e_{t-1} + E_t,\quad j_t = \alpha j_{t-1} + J_t,\quad g_t = 1 + e_t + j_t`,
          String.raw`\bar V_t = (${given.excitation ?? EXCITATION}\,e_t ${given.inhibition ?? INHIBITION}\,j_t) / g_t`,
          String.raw`\beta_t = ${keptTex(given, String.raw`\,g_t`)}${leakValues(given, true)}`,
          String.raw`u_t = \bar V_t + (V_{t-1} - \bar V_t)\,\beta_t`,
        ]
      : [
          ...(synapse === "current" ? [String.raw`i_t = \alpha i_{t-1} + I_t`] : []),
          String.raw`\beta = ${keptTex(given)}${leakValues(given)}`,
          String.raw`u_t = \beta V_{t-1} + ${given.decayInput ? String.raw`(1 - \beta)\,` : ""}${into}`,
        ];
  const after = { subtraction: `u_t - ${theta} s_t`, zero: "u_t (1 - s_t)", none: "u_t" }[reset];
  return [
    ...charge,
    ...(adaptation
      ? [
          String.raw`\theta_t = ${threshold} + ${adaptation.strength}\,a_{t-1}`,
          String.raw`a_t = \rho a_{t-1} + s_t,\quad \rho = e^{-\Delta t/${adaptation.tau}}${valuesTex(decayOf(adaptation.tau, given.dt), {})}`,
        ]
      : [String.raw`\theta = ${threshold}`]),
    `V_t = ${after}`,
    ...(synapse === "none" ? [] : [synapseTex(given)]),
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
  const rho = adaptation && decayOf(adaptation.tau, given.dt);
  const states = {
    none: [],
    current: ["i"],
    conductance: ["e", "j"],
  }[synapse];
  const names = ["V", ...states, ...(recurrent ? ["s"] : []), ...(adaptation ? ["a"] : [])];
  const theta = adaptation ? String.raw`\theta_t` : String.raw`\theta`;
  const estimator = spikeEstimator(given.spike, subject);
  return {
    state: Object.fromEntries(names.map((name) => [name, sizes.units])),
    neurons: neuronsOf(given, estimator),
    ...(canBeSilent(estimator) && { spikes: "spike" }),
    symbols: { above: `${sharpness === 1 ? "" : `${sharpness} `}(u_t - ${theta})`.replace(/^\((.*)\)$/, "$1") },
    equations: equationsOf(given, adaptation),
    meet(step) {
      const charge = charged(given, step);
      const V = step.called("u_t", charge.V);
      const a = step.state.a;
      const limit = step.called(theta, adaptation && a ? add(mul(a, adaptation.strength), threshold) : threshold);
      const above = sub(V, limit);
      const s = step.neuron("spike", { above: sharpness === 1 ? above : mul(above, sharpness) });
      return {
        state: {
          ...{ V: afterReset(given, V, s, limit), ...charge.synapse },
          ...(recurrent && { s }),
          ...(a && { a: add(mul(a, step.called(String.raw`\rho`, rho!)), s) }),
        },
        output: s,
      };
    },
  };
}
