import { startBackend as start } from "../../src/backends/select.ts";
import { TRACED } from "../../src/compile/compile.ts";
import { constant, optimizerFor, type Profile, profile, type Tree } from "../../src/entries/engine.ts";
import {
  array,
  type Backend,
  type BackendName,
  compile,
  type EstimatorConfig,
  type Model,
  mlp,
  type NdArray,
  type OptimizerConfig,
  resident,
  type Tensor,
} from "../../src/index.ts";
import type { Fusion } from "../../src/plan/fusion.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { initialState, type TrainingState, trainingStep } from "../../src/train/step.ts";
import { stepData, TIMED_RATE, type TrainingStep } from "../workloads/training-step.ts";

/** Starts a backend, with the note that rows carry. */
export async function startBackend(name: string, threads: number): Promise<{ backend: Backend; note: string }> {
  const started = await start(name as BackendName, { threads });
  const { instructionSet, note } = started.info();
  return { backend: started, note: [instructionSet, note].filter(Boolean).join("; ") };
}

/** A model, and a batch to train it on. */
export interface Example {
  model: Model;
  x: NdArray;
  labels: NdArray;
}

/** A network of dense layers, with its data. */
function denseExample(task: TrainingStep, estimator: EstimatorConfig): Example {
  const { units, batch } = task;
  const hidden = units.slice(1, -1).map((width) => ({ units: width, estimator }));
  const model = mlp({ input: units[0]!, hidden, classes: units.at(-1)! });
  const { x, labels } = stepData(task);
  return { model, x: array(x, { shape: [batch, units[0]!] }), labels: array(labels) };
}

export interface Evidence {
  loss: number;
  state: Tree<NdArray>;
}

/** A network in training, as the library itself trains it; several plans of its step work on the same state. */
export class Training {
  readonly #state;
  readonly #data;
  readonly #initial: TrainingState<NdArray>;
  readonly #backend: Backend;
  readonly #make: () => ReturnType<typeof trainingStep>;
  readonly #batch: number;

  /** The hidden units of a network are rectifiers, or fire at random where the task says so; another estimator may take their place. */
  constructor(
    task: TrainingStep | Example,
    optimizer: OptimizerConfig["name"],
    on: Backend,
    estimator?: EstimatorConfig,
  ) {
    const { model, x, labels } =
      "model" in task
        ? task
        : denseExample(task, estimator ?? (task.stochastic ? "straight-through-slope" : "rectifier"));
    const update = optimizerFor({ name: optimizer, rate: TIMED_RATE } as OptimizerConfig);
    this.#initial = initialState(model, update, 1);
    this.#state = resident<TrainingState<Tensor>>(this.#initial, { backend: on });
    this.#data = {
      x: resident<Tensor>(x, { backend: on }),
      labels: resident<Tensor>(labels, { backend: on }),
    };
    this.#backend = on;
    this.#batch = x.shape[0]!;
    this.#make = () => trainingStep(model, update, () => constant(TIMED_RATE), { seed: 1 });
  }

  /** A step planned without some fusions: runs once and gives the loss. */
  plan(without: readonly Fusion[] = []): () => number {
    const step = compile(this.#make(), { backend: this.#backend, without });
    const { x, labels } = this.#data;
    return () => step(this.#state, x, labels).loss.item();
  }

  /** Where the time of a step goes. */
  profile(): Profile {
    return profile(compile(this.#make(), { backend: this.#backend }), this.#state, this.#data.x, this.#data.labels);
  }

  /** The instructions of a step; none where the backend runs ops one by one. */
  planned(): Plan | undefined {
    const { x, labels } = this.#data;
    return compile(this.#make(), { backend: this.#backend })[TRACED]([this.#state, x, labels]).executable.plan;
  }

  /** The loss of a second step from the initial state, and that step's new state: what plans must agree on. */
  evidence(step: () => number): Evidence {
    this.#state.write(this.#initial);
    step();
    return { loss: step(), state: this.#state.read() };
  }

  /** Examples a second over at least so many seconds of whole steps. */
  throughput(step: () => number, seconds: number): number {
    const start = performance.now();
    let steps = 0;
    let elapsed = 0;
    do {
      step();
      steps++;
      elapsed = (performance.now() - start) / 1000;
    } while (elapsed < seconds);
    return (this.#batch * steps) / elapsed;
  }
}
