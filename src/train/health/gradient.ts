import type { Backend } from "../../backends/backend.ts";
import { type Compiled, compile } from "../../compile/compile.ts";
import type { Resident } from "../../compile/resident.ts";
import { add, isFloat, leaves, type NdArray, sqrt, square, sum, type Tensor, type Tree } from "../../graph/index.ts";
import type { Model } from "../../models/model.ts";
import { median } from "../../statistics/sample.ts";
import type { TrainingConfig } from "../config.ts";
import { differentiatedStep, type TrainingState } from "../step.ts";
import type { WeightNoise } from "../weight-noise/weight-noise.ts";

/**
 * A gradient this many times as large as it usually is, and as it was in the beginning, explodes. In trainings of the documentation that go well it is
 * at most 6 times as large.
 */
export const STEEP = 50;
/** Steps between two looks: a look costs about a step. */
const EVERY = 256;
/** Norms that the usual one is the median of. */
const REMEMBERED = 32;
/** Steps whose losses say how large a loss is in the beginning. */
const FIRST = 16;
/** Looks beside the regular ones, after a loss that has grown, and the least steps between two. */
const EXTRA = 8;

/** A gradient that is much larger than before. */
export interface SteepGradient {
  /** Its norm, over all parameters. */
  readonly norm: number;
  /** The median of the norms before. */
  readonly usual: number;
}

/** Whether the gradient is looked at after n steps: after 16, 64, 256, 512, 768, … */
const isDue = (step: number): boolean => step === 16 || step === 64 || step % EVERY === 0;

/**
 * Looks at the norm of the gradient after some steps, and after a step whose loss is far above the first ones. It is that of a batch at the parameters
 * behind its step.
 */
export class GradientWatch {
  readonly #norm: Compiled<[state: TrainingState<Tensor>, ...given: Tensor[]], { readonly norm: Tensor }>;
  readonly #norms: number[] = [];
  readonly #losses: number[] = [];
  #first: number | undefined;
  #limit: number | undefined;
  #extra = 0;
  #last = 0;

  constructor(model: Model, config: TrainingConfig, backend: Backend, weightNoise: WeightNoise | undefined) {
    const differentiated = differentiatedStep(model, config, weightNoise);
    this.#norm = compile(
      (state: TrainingState<Tensor>, ...given: Tensor[]) => {
        const { grads } = differentiated(state, given);
        const parts = leaves<Tensor>(grads.params as Tree<Tensor>).flatMap(({ value }) =>
          isFloat(value.dtype) ? [sum(square(value))] : [],
        );
        return { norm: sqrt(parts.reduce((total, part) => add(total, part))) };
      },
      { backend },
    );
  }

  /** After a step with this mean loss; undefined where nothing is out of the ordinary. */
  after(
    step: number,
    loss: number,
    state: Resident<TrainingState<Tensor>>,
    given: readonly NdArray[],
  ): SteepGradient | undefined {
    const due = isDue(step);
    if (!due && !this.#hasGrown(step, loss)) return undefined;
    this.#last = step;
    const norm = this.#norm(state, ...given).norm.item();
    const usual = this.#norms.length > 0 ? median(this.#norms) : undefined;
    if (usual !== undefined && norm > STEEP * Math.max(usual, this.#first!)) return { norm, usual };
    if (!due || !Number.isFinite(norm)) return undefined;
    this.#first ??= norm;
    this.#norms.push(norm);
    if (this.#norms.length > REMEMBERED) this.#norms.shift();
    return undefined;
  }

  /** Whether a loss is far above those of the first steps, and a look is left for it. */
  #hasGrown(step: number, loss: number): boolean {
    if (this.#losses.length < FIRST) {
      this.#losses.push(loss);
      return false;
    }
    this.#limit ??= limitOf(median(this.#losses));
    if (loss <= this.#limit || this.#extra === EXTRA || step < this.#last + FIRST) return false;
    this.#extra++;
    return true;
  }
}

/** Losses of densities may be negative. */
const limitOf = (usual: number): number => usual + Math.max(1, Math.abs(usual));
