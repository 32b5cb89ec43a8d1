import type { StepData, TrainingStep } from "./training-step.ts";

type Uniforms = (layer: number, count: number) => Float32Array;

interface Forward {
  /** Input of each layer, then the class probabilities: row-major [batch, width]. */
  signals: Float64Array[];
  loss: number;
}

/** A plain float64 network that engines are checked against: readable, and as slow as that. */
export class ReferenceNetwork {
  readonly #units: readonly number[];
  readonly #batch: number;
  readonly #weights: Float64Array[];
  readonly #biases: Float64Array[];
  readonly #velocities: Float64Array[];
  readonly #biasVelocities: Float64Array[];

  constructor({ units, batch }: TrainingStep, weights: readonly Float32Array[]) {
    this.#units = units;
    this.#batch = batch;
    this.#weights = weights.map((values) => Float64Array.from(values));
    this.#biases = units.slice(1).map((width) => new Float64Array(width));
    this.#velocities = this.#weights.map((values) => new Float64Array(values.length));
    this.#biasVelocities = this.#biases.map((values) => new Float64Array(values.length));
  }

  weight(layer: number, index: number): number {
    return this.#weights[layer]![index]!;
  }

  /** The class scores of the rectified network, [batch, classes]. */
  scores(x: Float32Array): Float64Array {
    let h: Float64Array = Float64Array.from(x);
    for (const layer of this.#weights.keys()) {
      if (layer > 0) h = h.map((a) => Math.max(a, 0));
      h = this.#affine(layer, h);
    }
    return h;
  }

  /** Mean cross-entropy. With `uniforms`, hidden unit h fires when u < σ(a); without, it is rectified. */
  loss(data: StepData, uniforms?: Uniforms): number {
    return this.#forward(data, uniforms).loss;
  }

  /** One momentum step of the rectified network; returns the loss before it. */
  step(data: StepData, rate: number, momentum: number): number {
    const { signals, loss } = this.#forward(data);
    let delta: Float64Array = signals.at(-1)!.slice();
    const classes = this.#units.at(-1)!;
    for (const [row, label] of data.labels.entries()) delta[row * classes + label]! -= 1;
    delta = delta.map((value) => value / this.#batch);
    for (let layer = this.#weights.length - 1; layer >= 0; layer--) {
      delta = this.#backward(layer, signals[layer]!, delta, rate, momentum);
    }
    return loss;
  }

  #forward({ x, labels }: StepData, uniforms?: Uniforms): Forward {
    const signals = [Float64Array.from(x)];
    const last = this.#weights.length - 1;
    for (let layer = 0; layer <= last; layer++) {
      const a = this.#affine(layer, signals[layer]!);
      if (layer === last) return { signals: [...signals, softmax(a, this.#batch)], loss: crossEntropy(a, labels) };
      const u = uniforms?.(layer, a.length);
      signals.push(a.map((value, i) => (u ? Number(u[i]! < 1 / (1 + Math.exp(-value))) : Math.max(value, 0))));
    }
    throw new RangeError("a network has at least one layer");
  }

  #affine(layer: number, input: Float64Array): Float64Array {
    const [rows, width] = [this.#units[layer]!, this.#units[layer + 1]!];
    const weights = this.#weights[layer]!;
    const out = new Float64Array(this.#batch * width);
    for (let example = 0; example < this.#batch; example++) {
      const sums = out.subarray(example * width, (example + 1) * width);
      sums.set(this.#biases[layer]!);
      for (let row = 0; row < rows; row++) {
        const signal = input[example * rows + row]!;
        if (signal === 0) continue;
        const offset = row * width;
        for (let unit = 0; unit < width; unit++) sums[unit]! += signal * weights[offset + unit]!;
      }
    }
    return out;
  }

  /** Updates a layer's weights and returns the gradient at its input, through the rectifier below. */
  #backward(layer: number, input: Float64Array, delta: Float64Array, rate: number, momentum: number): Float64Array {
    const [rows, width] = [this.#units[layer]!, this.#units[layer + 1]!];
    const weights = this.#weights[layer]!;
    const below = new Float64Array(input.length);
    const gradient = new Float64Array(weights.length);
    const biasGradient = new Float64Array(width);
    for (let example = 0; example < this.#batch; example++) {
      const deltas = delta.subarray(example * width, (example + 1) * width);
      for (let unit = 0; unit < width; unit++) biasGradient[unit]! += deltas[unit]!;
      for (let row = 0; row < rows; row++) {
        const signal = input[example * rows + row]!;
        // A rectified unit at 0 neither passes a gradient down nor moves its outgoing weights.
        if (signal === 0) continue;
        const offset = row * width;
        let sum = 0;
        for (let unit = 0; unit < width; unit++) {
          gradient[offset + unit]! += signal * deltas[unit]!;
          sum += weights[offset + unit]! * deltas[unit]!;
        }
        below[example * rows + row] = sum;
      }
    }
    descend(weights, this.#velocities[layer]!, gradient, rate, momentum);
    descend(this.#biases[layer]!, this.#biasVelocities[layer]!, biasGradient, rate, momentum);
    return below;
  }
}

function descend(values: Float64Array, velocity: Float64Array, gradient: Float64Array, rate: number, momentum: number) {
  for (let i = 0; i < values.length; i++) {
    velocity[i] = momentum * velocity[i]! + gradient[i]!;
    values[i]! -= rate * velocity[i]!;
  }
}

function softmax(a: Float64Array, batch: number): Float64Array {
  const classes = a.length / batch;
  const out = new Float64Array(a.length);
  for (let row = 0; row < batch; row++) {
    const logits = a.subarray(row * classes, (row + 1) * classes);
    const top = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
    for (const [c, logit] of logits.entries()) out[row * classes + c] = Math.exp(logit - top) / total;
  }
  return out;
}

function crossEntropy(a: Float64Array, labels: Int32Array): number {
  const p = softmax(a, labels.length);
  const classes = a.length / labels.length;
  return -labels.reduce((sum, label, row) => sum + Math.log(p[row * classes + label]!), 0) / labels.length;
}
