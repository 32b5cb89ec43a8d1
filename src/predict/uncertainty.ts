import type { Uncertainty, Values } from "./prediction.ts";
import type { PredictionSpec } from "./spec.ts";

/** The stochastic passes of one example: means, standard deviations, and what they say about its class. */
export class Passes {
  readonly #spec: PredictionSpec;
  readonly #passes: number;
  #done = 0;
  /** For each output and layer of gates, the mean so far and the sum of squares about it (Welford 1962). */
  readonly #means: Float64Array[];
  readonly #squares: Float64Array[];
  /** Sum over the passes of the entropy of their probabilities, in nats. */
  #entropies = 0;
  #votes: Float64Array | undefined;

  constructor(spec: PredictionSpec, passes: number) {
    this.#spec = spec;
    this.#passes = passes;
    const sizes = [
      ...spec.outputs.map(({ shape }) => shape.reduce((product, length) => product * length, 1)),
      ...spec.gates.map(({ blocks }) => blocks),
    ];
    this.#means = sizes.map((size) => new Float64Array(size));
    this.#squares = sizes.map((size) => new Float64Array(size));
    const classes = this.#probabilities();
    if (classes >= 0) this.#votes = new Float64Array(sizes[classes]!);
  }

  /** Which output are the probabilities of one class; −1 where there is none. */
  #probabilities(): number {
    return this.#spec.outputs.findIndex(({ name, shape }) => name === "probabilities" && shape.length === 1);
  }

  /** One pass's outputs, then its gates. */
  add(values: readonly (Float32Array | Int32Array)[]): void {
    this.#done++;
    values.forEach((array, k) => {
      const [mean, squares] = [this.#means[k]!, this.#squares[k]!];
      // Of gates, how often each is open.
      const isGate = k >= this.#spec.outputs.length;
      for (let i = 0; i < array.length; i++) {
        const value = isGate ? Number(array[i] !== 0) : array[i]!;
        const off = value - mean[i]!;
        mean[i]! += off / this.#done;
        squares[i]! += off * (value - mean[i]!);
      }
    });
    const probabilities = values[this.#probabilities()];
    if (!probabilities || !this.#votes) return;
    this.#entropies += entropyOf(probabilities);
    this.#votes[argmaxOf(probabilities)]!++;
  }

  /** Means of float outputs; of whole ones the class of the mean probabilities, or the value most passes are nearest to. */
  values(): Values {
    const { outputs } = this.#spec;
    const at = this.#probabilities();
    const means = outputs.map(({ name, dtype }, k) => {
      const mean = this.#means[k]!;
      if (dtype === "float32") return Float32Array.from(mean);
      return name === "label" && at >= 0
        ? Int32Array.of(argmaxOf(this.#means[at]!))
        : Int32Array.from(mean, Math.round);
    });
    const gates = this.#means.slice(outputs.length).map((mean) => Float32Array.from(mean));
    return { outputs: [...means, ...gates], uncertainty: this.#uncertainty(at) };
  }

  #uncertainty(at: number): Uncertainty {
    const passes = this.#passes;
    const deviations = this.#squares.map((squares) =>
      Float32Array.from(squares, (sum) => (passes > 1 ? Math.sqrt(sum / (passes - 1)) : 0)),
    );
    const deviation = Object.fromEntries(
      this.#spec.outputs.flatMap(({ name, dtype, shape }, k) =>
        dtype === "float32" ? [[name, shape.length === 0 ? deviations[k]![0]! : deviations[k]!] as const] : [],
      ),
    );
    if (at < 0) return { passes, deviation };
    const entropy = entropyOf(this.#means[at]!);
    return {
      passes,
      deviation,
      votes: Float32Array.from(this.#votes!, (count) => count / passes),
      entropy,
      mutualInformation: Math.max(0, entropy - this.#entropies / passes),
    };
  }
}

/** −Σ p log p, in nats. */
function entropyOf(p: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) sum -= p[i]! * Math.log(p[i]!);
  return sum;
}

/** The first of the largest. */
function argmaxOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
