/** A spiking cell in plain numbers, forward and backward: the definition that the cells are tested against. */

export interface HandOptions {
  readonly beta: number;
  readonly threshold?: number;
  readonly sharpness?: number;
  readonly reset?: "subtraction" | "zero" | "none";
  readonly resetGradient?: boolean;
  readonly decayInput?: boolean;
  readonly synapse?: "none" | "current" | "conductance";
  readonly alpha?: number;
  readonly excitation?: number;
  readonly inhibition?: number;
  readonly adaptation?: { readonly strength: number; readonly rho: number };
}
type Rows = readonly (readonly number[])[];
export interface HandWeights {
  readonly input: Rows; //      [I][H]
  readonly recurrent?: Rows; // [H][H]
  readonly bias: readonly number[];
}

/** What happened in one step of one example, unit by unit. */
interface HandStep {
  readonly x: readonly number[];
  readonly last: readonly number[]; // the spikes of the step before
  readonly u: readonly number[];
  readonly limit: readonly number[];
  readonly s: readonly number[];
  readonly v: readonly number[];
}

const drives = ({ input, recurrent, bias }: HandWeights, x: readonly number[], s: readonly number[]): number[] =>
  bias.map((b, j) => {
    const seen = x.reduce((sum, value, i) => sum + value * input[i]![j]!, 0) + b;
    return recurrent ? seen + s.reduce((sum, value, i) => sum + value * recurrent[i]![j]!, 0) : seen;
  });

/** Every step of one example. `drive` is the weights of the current, or of excitation and inhibition; `forced` spikes stand for those of the threshold. */
export function simulate(drive: readonly HandWeights[], rows: Rows, options: HandOptions, forced?: Rows): HandStep[] {
  const { beta, threshold = 1, sharpness = 1, reset = "subtraction", synapse = "none", adaptation } = options;
  const { alpha = 0, decayInput = false, excitation = 5, inhibition = -1 } = options;
  const units = drive[0]!.bias.length;
  const zeros = (): number[] => new Array(units).fill(0);
  let [v, s, a, i, e, j] = [zeros(), zeros(), zeros(), zeros(), zeros(), zeros()];
  return rows.map((x, t) => {
    const last = s;
    const [first, second] = drive.map((weights) => drives(weights, x, last));
    const u = v.map((before, n) => {
      if (synapse === "conductance") {
        e[n] = e[n]! * alpha + Math.max(0, first![n]!);
        j[n] = j[n]! * alpha + Math.max(0, second![n]!);
        const total = e[n]! + j[n]! + 1;
        const rest = (e[n]! * excitation + j[n]! * inhibition) / total;
        return rest + (before - rest) * beta ** total;
      }
      i[n] = (synapse === "current" ? i[n]! * alpha : 0) + first![n]!;
      return before * beta + i[n]! * (decayInput ? 1 - beta : 1);
    });
    const limit = a.map((raised) => (adaptation ? raised * adaptation.strength + threshold : threshold));
    s = u.map((value, n) => forced?.[t]?.[n] ?? (sharpness * (value - limit[n]!) > 0 ? 1 : 0));
    v = u.map((value, n) => {
      if (reset === "none") return value;
      return reset === "zero" ? value * (1 - s[n]!) : value - s[n]! * limit[n]!;
    });
    if (adaptation) a = a.map((raised, n) => raised * adaptation.rho + s[n]!);
    [e, j, i] = [[...e], [...j], [...i]];
    return { x, last, u, limit, s, v };
  });
}

/**
 * ∂L/∂weights, ∂L/∂s of each step given, with ψ in the place of the derivative of a spike: backpropagation through time, written out for a synapse of
 * a current or none.
 */
export function backward(
  weights: HandWeights,
  steps: readonly HandStep[],
  toSpikes: Rows,
  options: HandOptions & { readonly slope: (a: number) => number },
): { input: number[][]; recurrent: number[][]; bias: number[] } {
  const { beta, sharpness = 1, reset = "subtraction", resetGradient = false, decayInput = false } = options;
  const { synapse = "none", alpha = 0, adaptation, slope } = options;
  const units = weights.bias.length;
  const zeros = (): number[] => new Array(units).fill(0);
  const found = { input: weights.input.map(zeros), recurrent: Array.from({ length: units }, zeros), bias: zeros() };
  let [toV, toA, toCurrent, toLast] = [zeros(), zeros(), zeros(), zeros()];
  for (let t = steps.length - 1; t >= 0; t--) {
    const { x, last, u, limit, s } = steps[t]!;
    const toDrive = zeros();
    const before = { v: zeros(), a: zeros() };
    for (let n = 0; n < units; n++) {
      const lost = { subtraction: limit[n]!, zero: u[n]!, none: 0 }[reset];
      const toSpike = toSpikes[t]![n]! + toLast[n]! + toA[n]! - (resetGradient ? toV[n]! * lost : 0);
      const toAbove = toSpike * slope(sharpness * (u[n]! - limit[n]!)) * sharpness;
      const kept = reset === "zero" ? 1 - s[n]! : 1;
      const toU = toV[n]! * kept + toAbove;
      const toLimit = -toAbove - (reset === "subtraction" ? toV[n]! * s[n]! : 0);
      before.v[n] = toU * beta;
      before.a[n] = adaptation ? toA[n]! * adaptation.rho + toLimit * adaptation.strength : 0;
      toCurrent[n] = (synapse === "current" ? toCurrent[n]! * alpha : 0) + toU * (decayInput ? 1 - beta : 1);
      toDrive[n] = toCurrent[n]!;
      found.bias[n]! += toDrive[n]!;
    }
    x.forEach((value, i) => toDrive.forEach((g, n) => (found.input[i]![n]! += value * g)));
    last.forEach((value, i) => toDrive.forEach((g, n) => (found.recurrent[i]![n]! += value * g)));
    const { recurrent } = weights;
    toLast = zeros().map((_, i) => (recurrent ? toDrive.reduce((sum, g, n) => sum + g * recurrent[i]![n]!, 0) : 0));
    // The threshold's state is moved by the spikes of the step before.
    [toV, toA] = [before.v, before.a];
  }
  return found;
}
