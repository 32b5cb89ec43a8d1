/** TensorFlow.js with its WebAssembly backend, as it installs on this Node: SIMD, one thread; or in plain JavaScript. Its kernels run at once. */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { type Elementwise, elementwiseInput, elementwiseSamples } from "../workloads/elementwise.ts";
import { type Forward, stepOf } from "../workloads/forward.ts";
import { type Gemm, gemmInputs, gemmSamples } from "../workloads/gemm.ts";
import {
  initialWeights,
  MOMENTUM,
  oneHot,
  stepData,
  TIMED_RATE,
  type TrainingStep,
  verificationRates,
} from "../workloads/training-step.ts";
import { convSession } from "./conv/tfjs.ts";
import { repeat, type Session, serve, unknownTask } from "./engine.ts";
import { recurrentSession } from "./recurrent/tfjs.ts";

const peers = createRequire(new URL("../peers/package.json", import.meta.url));
const tf = peers("@tensorflow/tfjs");
const wasm = peers("@tensorflow/tfjs-backend-wasm");

/** A tensor of the library, whose types are installed with it only. */
type Tensor = ReturnType<typeof peers>;

/** A session around one kernel call: `run` makes a tensor from tensors that are kept. */
function oneCall(run: () => Tensor, samples: number[], kept: Tensor[]): Session {
  return {
    async evidence() {
      const out = run();
      const values = out.dataSync();
      out.dispose();
      return samples.map((index) => values[index]);
    },
    slice: (seconds) => repeat(() => run().dispose(), seconds),
    close: () => tf.dispose(kept),
  };
}

function gemm(task: Gemm): Session {
  const inputs = gemmInputs(task);
  const [a, b] = [tf.tensor2d(inputs.a, [task.m, task.k]), tf.tensor2d(inputs.b, [task.k, task.n])];
  return oneCall(() => tf.matMul(a, b), gemmSamples(task), [a, b]);
}

function elementwise(task: Elementwise): Session {
  const samples = elementwiseSamples(task);
  if (task.kind === "uniform") return oneCall(() => tf.randomUniform([task.count]), samples, []);
  const x = tf.tensor1d(elementwiseInput(task));
  return oneCall(() => tf.sigmoid(x), samples, [x]);
}

/** A unit that fires with probability σ(a); its gradient is that of σ, straight through the draw. */
const fire = tf.customGrad((a: Tensor, save: (kept: Tensor[]) => void) => {
  const p = tf.sigmoid(a);
  save([p]);
  return {
    value: tf.cast(tf.less(tf.randomUniform(p.shape), p), "float32"),
    gradFunc: (dy: Tensor, [kept]: Tensor[]) => tf.mul(dy, tf.mul(kept, tf.sub(1, kept))),
  };
});

function trainingStep(task: TrainingStep): Session {
  const { units, batch, stochastic } = task;
  const data = stepData(task);
  const x = tf.tensor2d(data.x, [batch, units[0]]);
  const y = tf.tensor2d(oneHot(task, data.labels), [batch, units.at(-1)]);
  const layers = initialWeights(task).map((weights, layer) => ({
    weights: tf.variable(tf.tensor2d(weights, [units[layer], units[layer + 1]])),
    bias: tf.variable(tf.zeros([units[layer + 1]])),
  }));
  const optimizer = tf.train.momentum(TIMED_RATE, MOMENTUM);
  const loss = (): Tensor => {
    let h = x;
    for (const [i, { weights, bias }] of layers.entries()) {
      const a = tf.add(tf.matMul(h, weights), bias);
      if (i === layers.length - 1) h = a;
      else h = stochastic ? fire(a) : tf.relu(a);
    }
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(h), y), -1)));
  };
  function run(rate: number): number {
    optimizer.setLearningRate(rate);
    return tf.tidy(() => optimizer.minimize(loss, true).dataSync()[0]);
  }
  return {
    evidence: async () => verificationRates(task).map(run),
    slice: (seconds) => repeat(() => void run(TIMED_RATE), seconds),
    close() {
      optimizer.dispose();
      tf.dispose([x, y, ...layers.flatMap(({ weights, bias }) => [weights, bias])]);
    },
  };
}

function forward(task: Forward): Session {
  const { units, batch } = task;
  const x = tf.tensor2d(stepData(stepOf(task)).x, [batch, units[0]]);
  const layers: [Tensor, Tensor][] = initialWeights(stepOf(task)).map((weights, layer) => [
    tf.tensor2d(weights, [units[layer], units[layer + 1]]),
    tf.zeros([units[layer + 1]]),
  ]);
  const run = (): Float32Array =>
    tf.tidy(() =>
      layers
        .reduce((h, [weights, bias], i) => tf.add(tf.matMul(i === 0 ? h : tf.relu(h), weights), bias), x)
        .dataSync(),
    );
  return {
    evidence: async () => [...run()],
    slice: (seconds) => repeat(() => void run(), seconds),
    close: () => tf.dispose([x, ...layers.flat()]),
  };
}

await serve(async ({ variant }) => {
  wasm.setWasmPaths(dirname(peers.resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  await tf.setBackend(variant);
  await tf.ready();
  const engine = `tfjs-${tf.getBackend()}`;
  return {
    threads: 1,
    note: `${engine} ${variant === "wasm" ? wasm.version_wasm : tf.version.tfjs} as it installs on this Node, 1 thread`,
    async open(task) {
      if (task.kind === "gemm") return gemm(task);
      if (task.kind === "step") return trainingStep(task);
      if (task.kind === "forward") return forward(task);
      if (task.kind === "conv") return convSession(task, tf);
      if (task.kind === "recurrent") return recurrentSession(task, tf);
      if (task.kind === "sigmoid" || task.kind === "uniform") return elementwise(task);
      throw unknownTask(engine, task);
    },
  };
});
