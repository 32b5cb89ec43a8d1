/** The network of Bengio, Léonard and Courville 2013 in training, with its closed blocks skipped and evaluated. */

import { workDone, workOf } from "../../../src/gating/cost.ts";
import {
  array,
  type Backend,
  compile,
  constant,
  gatedMlp,
  input,
  leaves,
  type Model,
  mapTree,
  NdArray,
  optimizerFor,
  resident,
  type Tensor,
} from "../../../src/index.ts";
import { everythingEvaluated } from "../../../src/models/everything-evaluated.ts";
import { initialState, type TrainingState, trainingStep } from "../../../src/train/step.ts";
import type { Row } from "../../rows.ts";
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

/** The network and its data on a backend; skipping and evaluating are two programs on the same state. */
export class PaperTraining {
  readonly #on: Backend;
  readonly #model: Model;
  readonly #data;
  readonly #state;
  readonly #batch: number;
  #initial: State;

  constructor(on: Backend, gate: Gate, batch: number) {
    const { x, labels } = stepData({
      ...{ kind: "step", stochastic: false, batch },
      units: [sizes.input, sizes.blocks, sizes.classes],
    });
    this.#on = on;
    this.#batch = batch;
    this.#model = paperNet(gate);
    this.#initial = initialState(this.#model, optimizerFor({ name: "sgd", rate: TIMED_RATE }), 1);
    this.#state = resident<TrainingState<Tensor>>(this.#initial as never, { backend: on });
    this.#data = {
      x: resident<Tensor>(array(x, { shape: [batch, sizes.input] }), { backend: on }),
      labels: resident<Tensor>(array(labels), { backend: on }),
    };
  }

  #compiled(model: Model, optimizer: "sgd" | "momentum") {
    const update = optimizerFor({ name: optimizer, rate: TIMED_RATE });
    return compile(
      trainingStep(model, update, () => constant(TIMED_RATE), 1),
      { backend: this.#on },
    );
  }

  /**
   * How many times as many multiply-adds a training step takes evaluating everything as skipping, when such a share of the gates is open:
   * what skipping would be worth if time went with them.
   */
  possible(open: number): number {
    const update = optimizerFor({ name: "sgd", rate: TIMED_RATE });
    const batch = this.#batch;
    const works = [everythingEvaluated(this.#model), this.#model].map((model) => {
      const state = mapTree(this.#initial as never, ({ shape, dtype }: NdArray, path) => input(path, { shape, dtype }));
      const x = input("x", { shape: [batch, sizes.input], dtype: "float32" });
      const labels = input("labels", { shape: [batch], dtype: "int32" });
      const next = trainingStep(model, update, () => constant(TIMED_RATE), 1)(state as never, x, labels);
      return workDone(workOf(leaves(next.state as never).map(({ value }) => value as unknown as Tensor)), () => open);
    });
    return works[0]! / works[1]!;
  }

  /** A step of gradient descent, closed blocks skipped or not: runs once and gives the share of open gates. */
  step(skipping: boolean): () => number {
    const run = this.#compiled(skipping ? this.#model : everythingEvaluated(this.#model), "sgd");
    const { x, labels } = this.#data;
    return () => run(this.#state as never, x, labels).open[0]!.item();
  }

  /** Moves the gates' biases until the share of open gates is the one asked for, to the noise of a batch. */
  settle(density: number): void {
    const run = this.step(true);
    let [low, high] = [-30, 30];
    for (let i = 0; i < 12; i++) {
      const middle = (low + high) / 2;
      this.#state.write(shifted(this.#initial, this.#model, middle) as never);
      if (run() < density) low = middle;
      else high = middle;
    }
    this.#initial = shifted(this.#initial, this.#model, (low + high) / 2);
    this.#state.write(this.#initial as never);
  }

  /** Throws unless skipping gives the loss and the gradients that evaluating everything gives, closed gates' own apart. */
  check(): void {
    const { x, labels } = this.#data;
    const found = [this.#model, everythingEvaluated(this.#model)].map((model) => {
      // With momentum the gradients are in the state.
      const initial = initialState(model, optimizerFor({ name: "momentum", rate: TIMED_RATE }), 1);
      const state = resident<TrainingState<Tensor>>({ ...initial, params: this.#initial.params } as never, {
        backend: this.#on,
      });
      const loss = this.#compiled(model, "momentum")(state as never, x, labels).loss.item();
      return { loss, gradients: leaves((state.read() as unknown as State).optimizer) };
    });
    const [skipping, evaluating] = found as [(typeof found)[0], (typeof found)[0]];
    if (!(Math.abs(skipping.loss - evaluating.loss) <= 1e-4 * evaluating.loss))
      throw new Error(
        `the paper's net: the loss is ${skipping.loss} skipping, ${evaluating.loss} evaluating everything`,
      );
    for (const [i, { path, value }] of skipping.gradients.entries()) {
      const other = evaluating.gradients[i]!.value.data;
      const [size, off] = [
        norm(other.length, (at) => other[at]!),
        norm(other.length, (at) => value.data[at]! - other[at]!),
      ];
      if (!(off <= 1e-3 * size))
        throw new Error(`the paper's net: skipping changes the gradient ${path} by ${off / size} of its size`);
    }
  }
}

function norm(length: number, at: (i: number) => number): number {
  let squares = 0;
  for (let i = 0; i < length; i++) squares += at(i) ** 2;
  return Math.sqrt(squares);
}

/** Milliseconds of a run, over at least so many seconds of whole runs. */
function milliseconds(run: () => void, seconds: number): number {
  const start = performance.now();
  let runs = 0;
  do {
    run();
    runs++;
  } while (performance.now() - start < 1000 * seconds);
  return (performance.now() - start) / runs;
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
              for (const [setting, skipping] of [
                ["evaluated", false],
                ["skip", true],
              ] as const) {
                const step = training.step(skipping);
                open = step();
                possible = training.possible(open);
                const lane = { engine: `heaviside ${name}`, threads: count, note, setting };
                lanes.push({ ...lane, take: async () => milliseconds(step, seconds) });
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
