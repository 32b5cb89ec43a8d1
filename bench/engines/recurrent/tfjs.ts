/**
 * A recurrent layer in TensorFlow.js. The gates' weights lie side by side, and what a step reads of its input is computed for all steps at once:
 * a fraction of the kernel calls of the library's own `layers.lstm`.
 */
import {
  ADAM,
  CLASSES,
  neurons,
  outputEvidence,
  type Recurrent,
  recurrentInputs,
  recurrentRates,
  sideBySide,
  stepsFirst,
} from "../../workloads/recurrent.ts";
import { TIMED_RATE } from "../../workloads/training-step.ts";
import { repeat, type Session } from "../engine.ts";

// biome-ignore lint/suspicious/noExplicitAny: the library's types are installed with it only.
type Tf = any;

export function recurrentSession(task: Recurrent, tf: Tf): Session {
  const { batch, length, input, units } = task;
  const width = neurons.length * units;
  const given = recurrentInputs(task);
  const { input: w, recurrent: u, bias: b } = sideBySide(given.weights, neurons, units);
  const x = tf.tensor2d(stepsFirst(task, given.x), [length * batch, input]);
  const labels = tf.oneHot(tf.tensor1d(given.labels, "int32"), CLASSES).cast("float32");
  const variables = {
    w: tf.variable(tf.tensor2d(w, [input, width])),
    u: tf.variable(tf.tensor2d(u, [units, width])),
    b: tf.variable(tf.tensor1d(b)),
    weight: tf.variable(tf.tensor2d(given.head.weight, [units, CLASSES])),
    bias: tf.variable(tf.tensor1d(given.head.bias)),
  };
  const optimizer = tf.train.adam(TIMED_RATE, ADAM.beta1, ADAM.beta2, ADAM.epsilon);
  const close = () => tf.dispose([x, labels, ...Object.values(variables)]);

  /** Outputs of each step, [batch, units]. */
  const outputs = (): Tf[] => {
    const seen = tf.unstack(tf.reshape(tf.add(tf.matMul(x, variables.w), variables.b), [length, batch, width]));
    let h = tf.zeros([batch, units]);
    let c = h;
    return seen.map((row: Tf) => {
      const [i, f, g, o] = tf.split(tf.add(row, tf.matMul(h, variables.u)), neurons.length, 1);
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      return h;
    });
  };
  if (task.pass === "forward") {
    const run = (): Float32Array => tf.tidy(() => tf.stack(outputs()).dataSync());
    return {
      evidence: async () => outputEvidence(task, run()),
      slice: (seconds) => repeat(() => void run(), seconds),
      close,
    };
  }
  const loss = (): Tf => {
    const scores = tf.add(tf.matMul(outputs().at(-1), variables.weight), variables.bias);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(scores), labels), -1)));
  };
  const run = (rate: number): number => {
    optimizer.learningRate = rate;
    return tf.tidy(() => optimizer.minimize(loss, true).dataSync()[0]);
  };
  return {
    evidence: async () => recurrentRates(task).map(run),
    slice: (seconds) => repeat(() => void run(TIMED_RATE), seconds),
    close() {
      optimizer.dispose();
      close();
    },
  };
}
