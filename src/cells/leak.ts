/** How a membrane leaks: what is left of its voltage after a step. */
import { UserError } from "../errors.ts";
import { add, exp, mul, type Tensor } from "../graph/index.ts";
import { choice, number, type Values } from "../options/index.ts";
import type { Neuron } from "./neuron.ts";

/** The options of every cell with a membrane. */
export const leakOptions = {
  method: choice(["exact", "euler"], "how a step solves the equation", { default: "exact" }),
  dt: number({ above: 0 }, "time of a step", { default: 1 }),
  tau: number({ above: 0 }, "time constant, in dt's unit; learned: the first", { default: 10 }),
  timeConstant: choice(["fixed", "shared", "per-unit", "modulated"], "modulated: by what the unit sees", {
    default: "fixed",
  }),
};
export type Leak = Values<typeof leakOptions>;

/** Throws UserError for a fixed time constant with which Euler's method grows without bound. */
export function checkLeak(subject: string, { method, dt, tau, timeConstant }: Leak): void {
  if (method === "euler" && timeConstant === "fixed" && dt >= 2 * tau)
    throw new UserError(
      `${subject}: euler needs dt below 2 tau, beyond which V grows without bound; received ${dt} and ${tau}`,
    );
}

/** The b whose softplus is 1/τ: e^(1/τ) − 1 has no room where τ is small. */
export const biasOfRate = (tau: number): number => 1 / tau + Math.log(-Math.expm1(-1 / tau));

/** The neuron that says how fast V leaks, 1/τ; none where τ is fixed. */
export function rateNeuron({ timeConstant, tau }: Leak, seen: Neuron["sees"]): Neuron[] {
  if (timeConstant === "fixed") return [];
  const sees = timeConstant === "modulated" ? seen : [];
  const units = timeConstant === "shared" ? { units: 1 } : {};
  return [{ name: "rate", letter: "r", place: "soma", sees, squash: "softplus", bias: biasOfRate(tau), ...units }];
}

/**
 * β: what is left of V after a step.
 * @param rate what the rate neuron gives, where there is one
 * @param faster a factor on the rate (default: 1)
 */
export function kept({ method, dt, tau }: Leak, rate: Tensor | undefined, faster?: Tensor): Tensor | number {
  if (rate === undefined && faster === undefined) return method === "exact" ? Math.exp(-dt / tau) : 1 - dt / tau;
  const own = rate === undefined ? mul(faster!, -dt / tau) : mul(rate, -dt);
  const lost = rate && faster ? mul(own, faster) : own;
  return method === "exact" ? exp(lost) : add(1, lost);
}

const rounded = (value: number): string => String(Number(value.toPrecision(4)));

/** Numbers that options come to, for the end of an equation: "= 0.8187,  Δt = 1,  τ = 5". */
export function valuesTex(value: number | undefined, times: { readonly [letter: string]: number }): string {
  const each = Object.entries(times).map(([letter, time]) => String.raw`,\quad ${letter} = ${rounded(time)}`);
  return `${value === undefined ? "" : ` = ${rounded(value)}`}${each.join("")}`;
}

/** The numbers behind β: all of it where it is fixed, Δt alone where its rate is learned. */
export function leakValues(leak: Leak, varies = false): string {
  const { dt, tau, timeConstant } = leak;
  if (timeConstant !== "fixed") return valuesTex(undefined, { "\\Delta t": dt });
  const beta = varies ? undefined : (kept(leak, undefined) as number);
  return valuesTex(beta, { "\\Delta t": dt, "\\tau": tau });
}

/** What is left after a step, in TeX. */
export function keptTex({ method, timeConstant }: Leak, faster = ""): string {
  const letter = timeConstant === "modulated" ? "r_t" : "r";
  const time = timeConstant === "fixed" ? String.raw`\Delta t / \tau` : String.raw`\Delta t\,${letter}`;
  return method === "exact" ? `e^{-${time}${faster}}` : `1 - ${time}${faster}`;
}
