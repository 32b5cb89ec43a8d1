/** The network of Bengio, Léonard and Courville 2013 in training, with its closed blocks skipped and evaluated. */

import { workDone, workOf } from "../../../src/cost/work.ts";
import { constant, leaves, mapTree, NdArray, optimizerFor } from "../../../src/entries/engine.ts";
import { input } from "../../../src/graph/ops/input.ts";
import { array, type Backend, compile, gatedMlp, type Model, resident, type Tensor } from "../../../src/index.ts";
import { everythingEvaluated } from "../../../src/models/everything-evaluated.ts";
import { initialState, type TrainingState, trainingStep } from "../../../src/train/step.ts";
import type { Row } from "../../rows.ts";
import { millisecondsOf } from "../../stopwatch.ts";
import { align, formatNumber, formatRatio } from "../../table.ts";
import { percent } from "../../workloads/conditional.ts";
import { stepData, TIMED_RATE } from "../../workloads/training-step.ts";
import { startBackend } from "../network.ts";
import type { Contest, Lane, SubjectOptions } from "../subject.ts";

/** Two of the paper's gates, which may skip closed blocks in training. */
const gates = ["score-function", "noisy-rectifier"] as const;
type Gate = (typeof gates)[number];

/** The paper's, whose multiply-adds forward are 2.12 times as many evaluated as at 10 % open. */
const sizes = { input: 784, gater: 400, blocks: 2000, classes: 10 } as const;

const ASKED = { density: 0.1, atLeast: 1.8 } as const;

/** 784-400-2000 gater with tanh units, 2000 linear units behind a gate each, ten classes. */
export const paperNet = (gate: Gate): Model =>
  gatedMlp({
    input: sizes.input,
    gated: [
      {
        blocks: sizes.blocks,
        activation: "linear",
        gater: { name: "dense", hidden: [sizes.gater], activation: "tanh", gain: 4 },
        gate,
      },
    ],
    classes: sizes.classes,
  });

type State = TrainingState<NdArray>;

/** The state with so much added to the gates' biases. */
function shifted(state: State, model: Model, by: number): State {
  const gaters = model.layers.findIndex(({ gates }) => gates) - 1;
  const params = state.params.map((layer, i) => {
    if (i !== gaters) return layer;
    const bias = layer.bias!;
    return {
      ...layer,
      bias: new NdArray(
        (bias.data as Float32Array).map((b) => b + by),
        bias.shape,
      ),
    };
  });
  return { ...state, params };
}

/** The network and its data on a backend: a program that skips and one that evaluates everything, each with a state as it likes it. */
export class PaperTraining {
  readonly #on: Backend;
  readonly #batch: number;
  readonly #models: Readonly<Record<"skip" | "evaluated", Model>>;
  readonly #data;
  /** First weights, which are millions of draws. */
  readonly #drawn: Partial<Record<"skip" | "evaluated", ReturnType<Model["init"]>>> = {};
  /** What the gates' biases have been moved by. */
  #shift = 0;

  constructor(on: Backend, gate: Gate, batch: number) {
    const { x, labels } = stepData({
      ...{ kind: "step", stochastic: false, batch },
      units: [sizes.input, sizes.blocks, sizes.classes],
    });
    this.#on = on;
    this.#batch = batch;
    const skip = paperNet(gate);
    this.#models = { skip, evaluated: everythingEvaluated(skip) };
    this.#data = {
      x: resident<Tensor>(array(x, { shape: [batch, sizes.input] }), { backend: on }),
      labels: resident<Tensor>(array(labels), { backend: on }),
    };
  }

  #initial(form: "skip" | "evaluated", optimizer: "sgd" | "momentum"): State {
    const model = this.#models[form];
    const drawn = (this.#drawn[form] ??= model.init(1));
    const unmoved = { ...model, init: () => drawn };
    return shifted(initialState(unmoved, optimizerFor({ name: optimizer, rate: TIMED_RATE }), 1), model, this.#shift);
  }

  #stepOf(form: "skip" | "evaluated", optimizer: "sgd" | "momentum") {
    const update = optimizerFor({ name: optimizer, rate: TIMED_RATE });
    return trainingStep(this.#models[form], update, () => constant(TIMED_RATE), { seed: 1 });
  }

  /** A program, and a state of its own. */
  #ready(form: "skip" | "evaluated", optimizer: "sgd" | "momentum") {
    const state = resident<TrainingState<Tensor>>(this.#initial(form, optimizer) as never, { backend: this.#on });
    const program = compile(this.#stepOf(form, optimizer), { backend: this.#on });
    const { x, labels } = this.#data;
    return { state, run: () => program(state as never, x, labels) };
  }

  /**
   * How many times as many multiply-adds a training step takes evaluating everything as skipping, when such a share of the gates is open:
   * what skipping would be worth if time went with them.
   */
  possible(open: number): number {
    const [all, done] = (["evaluated", "skip"] as const).map((form) => {
      const initial = this.#initial(form, "sgd") as never;
      const state = mapTree(initial, ({ shape, dtype }: NdArray, path) => input(path, { shape, dtype }));
      const x = input("x", { shape: [this.#batch, sizes.input], dtype: "float32" });
      const labels = input("labels", { shape: [this.#batch], dtype: "int32" });
      const next = this.#stepOf(form, "sgd")(state as never, x, labels);
      return workDone(workOf(leaves(next.state as never).map(({ value }) => value as unknown as Tensor)), () => open);
    });
    return all! / done!;
  }

  /** A step of gradient descent: runs once and gives the share of open gates. */
  step(form: "skip" | "evaluated"): () => number {
    const { run } = this.#ready(form, "sgd");
    return () => run().observed[0]!.open!.item();
  }

  /** Moves the gates' biases until the share of open gates is the one asked for, to the noise of a batch. */
  settle(density: number): void {
    const { state, run } = this.#ready("skip", "sgd");
    let [low, high] = [-30, 30];
    for (let i = 0; i < 12; i++) {
      this.#shift = (low + high) / 2;
      state.write(this.#initial("skip", "sgd") as never);
      if (run().observed[0]!.open!.item() < density) low = this.#shift;
      else high = this.#shift;
    }
  }

  /** Throws unless skipping gives the loss and the gradients that evaluating everything gives. */
  check(): void {
    const [skipping, evaluating] = (["skip", "evaluated"] as const).map((form) => {
      // With momentum the gradients are in the state.
      const { state, run } = this.#ready(form, "momentum");
      const loss = run().loss.item();
      return { loss, gradients: leaves((state.read() as unknown as State).optimizer) };
    }) as [{ loss: number; gradients: Gradients }, { loss: number; gradients: Gradients }];
    if (!(Math.abs(skipping.loss - evaluating.loss) <= 1e-4 * evaluating.loss))
      throw new Error(
        `the paper's net: the loss is ${skipping.loss} skipping, ${evaluating.loss} evaluating everything`,
      );
    for (const [i, { path, value }] of skipping.gradients.entries()) {
      const at = inLayoutOf(evaluating.gradients[i]!.value, value);
      const [size, off] = [norm(value.data.length, at), norm(value.data.length, (j) => value.data[j]! - at(j))];
      if (!(off <= 1e-3 * size))
        throw new Error(`the paper's net: skipping changes the gradient ${path} by ${off / size} of its size`);
    }
  }
}

type Gradients = ReturnType<typeof leaves<NdArray>>;

/** The numbers of a gradient in the order of another of the same weights: [in, K·S] as [K, S, in]. */
function inLayoutOf({ data, shape }: NdArray, like: NdArray): (i: number) => number {
  if (shape.length === like.shape.length) return (i) => data[i]!;
  const [inputs, units] = shape as [number, number];
  return (i) => data[(i % inputs) * units + Math.floor(i / inputs)]!;
}

function norm(length: number, at: (i: number) => number): number {
  let squares = 0;
  for (let i = 0; i < length; i++) squares += at(i) ** 2;
  return Math.sqrt(squares);
}

/** A line for each lane, and whether skipping is worth what was asked of it. */
export function paperReport(rows: readonly Row[]): string {
  const [first] = rows as [Row];
  const header = [first.workload.replace(/, [^,]*$/, ""), "threads", "ms a step (min–max)", "× evaluated"];
  const lines = rows.map((row) => {
    const ratio = row.timesAsFast?.[0];
    const time = `${formatNumber(row.value)} (${formatNumber(row.min)}–${formatNumber(row.max)})`;
    return [`  ${row.engine}, ${row.task!.form}`, `${row.threads}`, time, ratio ? formatRatio(ratio) : ""];
  });
  const density = Number(first.task!.open);
  const possible = formatNumber(Number(first.task!.possible));
  const said = `  ${percent(density)} of the gates are open: by the multiply-adds of a training step ${possible}× would be possible`;
  const verdicts = rows.flatMap(({ engine, threads, timesAsFast }) => {
    const ratio = timesAsFast?.[0];
    if (!ratio || Number(first.task!.density) !== ASKED.density) return [];
    const verdict = ratio.median >= ASKED.atLeast ? "reached" : "missed";
    return [`  ${engine} ${threads}T: at least ${ASKED.atLeast}× is asked, ${formatRatio(ratio)} measured: ${verdict}`];
  });
  return [align([header, ...lines]), said, ...verdicts].join("\n");
}

/** Training steps of the paper's net, with each of its gates that may skip. */
export async function* paper(options: SubjectOptions, say: (line: string) => void): AsyncGenerator<Contest> {
  const {
    backends,
    threads,
    seconds,
    lists: { batch: batches = [32, 100, 256], density: densities = [0.1] } = {},
  } = options;
  for (const gate of gates)
    for (const batch of batches)
      for (const density of densities) {
        const lanes: Lane[] = [];
        const started: Backend[] = [];
        let [open, possible] = [Number.NaN, Number.NaN];
        try {
          for (const name of backends)
            for (const count of threads) {
              say(`the paper's net, ${gate}, batch ${batch}: ${name}, ${count} threads, is set up and checked`);
              const { backend, note } = await startBackend(name, count);
              started.push(backend);
              const training = new PaperTraining(backend, gate, batch);
              training.settle(density);
              training.check();
              for (const setting of ["evaluated", "skip"] as const) {
                const step = training.step(setting);
                open = step();
                possible = training.possible(open);
                const lane = { engine: `heaviside ${name}`, threads: count, note, setting };
                lanes.push({ ...lane, take: async () => millisecondsOf(step, seconds) });
              }
            }
          yield {
            workload: `paper ${sizes.input}-${sizes.blocks}-${sizes.classes}, gater ${sizes.gater}, ${gate}, batch ${batch}, ${percent(density)} open`,
            ...{ unit: "ms", better: "less", base: "evaluated", lanes },
            task: { ...{ part: "paper", gate, batch, density, open, possible } },
            report: paperReport,
          };
        } finally {
          await Promise.all(started.map((backend) => backend.close()));
        }
      }
}
