import type { Predicted, Uncertainty, Values } from "./prediction.ts";
import { shaped } from "./prediction.ts";
import type { PredictionSpec } from "./spec.ts";

/** Where classes are predicted: the outputs of probabilities [… , C] and of labels […], the number of labels, and C. */
interface Classes {
  readonly probabilities: number;
  readonly label: number;
  readonly places: number;
  readonly classes: number;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

function classesIn({ outputs }: PredictionSpec): Classes | undefined {
  const [probabilities, label] = ["probabilities", "label"].map((wanted) =>
    outputs.findIndex(({ name }) => name === wanted),
  ) as [number, number];
  if (probabilities < 0 || label < 0) return undefined;
  const { shape } = outputs[probabilities]!;
  const places = sizeOf(outputs[label]!.shape);
  if (shape.length !== outputs[label]!.shape.length + 1 || sizeOf(shape) !== places * shape.at(-1)!) return undefined;
  return { probabilities, label, places, classes: shape.at(-1)! };
}

/** The stochastic passes of one example: means, standard deviations, and what they say about its class, or about that of each step. */
export class Passes {
  readonly #spec: PredictionSpec;
  readonly #passes: number;
  readonly #classes: Classes | undefined;
  #done = 0;
  /** For each output and layer of gates, the mean so far and the sum of squares about it (Welford 1962). */
  readonly #means: Float64Array[];
  readonly #squares: Float64Array[];
  /** For each place, the sum over the passes of the entropy of its probabilities, in nats; and how often each class was chosen. */
  readonly #entropies: Float64Array;
  readonly #votes: Float64Array;

  constructor(spec: PredictionSpec, passes: number) {
    this.#spec = spec;
    this.#passes = passes;
    this.#classes = classesIn(spec);
    const sizes = [...spec.outputs.map(({ shape }) => sizeOf(shape)), ...spec.gates.map(({ blocks }) => blocks)];
    this.#means = sizes.map((size) => new Float64Array(size));
    this.#squares = sizes.map((size) => new Float64Array(size));
    const { places = 0, classes = 0 } = this.#classes ?? {};
    this.#entropies = new Float64Array(places);
    this.#votes = new Float64Array(places * classes);
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
    if (!this.#classes) return;
    const { probabilities, places, classes } = this.#classes;
    for (let place = 0; place < places; place++) {
      const own = values[probabilities]!.subarray(place * classes, (place + 1) * classes);
      this.#entropies[place]! += entropyOf(own);
      this.#votes[place * classes + argmaxOf(own)]!++;
    }
  }

  /** Means of what is predicted; labels are the classes of the mean probabilities, other whole numbers the whole number next to the mean. */
  values(): Values {
    const { outputs } = this.#spec;
    const means = outputs.map(({ dtype }, k) => {
      const mean = this.#means[k]!;
      if (dtype === "float32") return Float32Array.from(mean);
      return k === this.#classes?.label ? this.#labels() : Int32Array.from(mean, Math.round);
    });
    const gates = this.#means.slice(outputs.length).map((mean) => Float32Array.from(mean));
    return { outputs: [...means, ...gates], uncertainty: this.#uncertainty() };
  }

  /** Of each place, the mean probabilities. */
  #meanAt(place: number): Float64Array {
    const { probabilities, classes } = this.#classes!;
    return this.#means[probabilities]!.subarray(place * classes, (place + 1) * classes);
  }

  #labels(): Int32Array {
    return Int32Array.from({ length: this.#classes!.places }, (_, place) => argmaxOf(this.#meanAt(place)));
  }

  #uncertainty(): Uncertainty {
    const passes = this.#passes;
    const { outputs } = this.#spec;
    const deviation: Record<string, Predicted> = {};
    outputs.forEach((output, k) => {
      if (output.dtype !== "float32") return;
      const spread = Float32Array.from(this.#squares[k]!, (sum) => (passes > 1 ? Math.sqrt(sum / (passes - 1)) : 0));
      deviation[output.name] = shaped(output, spread);
    });
    if (!this.#classes) return { passes, deviation };
    const [{ shape }, label] = [outputs[this.#classes.probabilities]!, outputs[this.#classes.label]!];
    const entropies = this.#entropies.map((_, place) => entropyOf(this.#meanAt(place)));
    const information = entropies.map((entropy, place) => Math.max(0, entropy - this.#entropies[place]! / passes));
    const atPlaces = (values: Float64Array): Predicted =>
      label.shape.length === 0 ? values[0]! : shaped(label, Float32Array.from(values));
    const votes = Float32Array.from(this.#votes, (count) => count / passes);
    return {
      ...{ passes, deviation, votes: shaped({ shape }, votes) },
      ...{ entropy: atPlaces(entropies), mutualInformation: atPlaces(information) },
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
