/**
 * The convolutional network in TensorFlow.js. The library differentiates it, but for the weights of a convolution: its WebAssembly backend has
 * no kernel for their gradient, which is therefore a convolution itself, of images whose examples and channels have changed places.
 */
import { CLASSES, type Conv, convInputs, convLayers, convRates } from "../../workloads/conv.ts";
import { MOMENTUM, TIMED_RATE } from "../../workloads/training-step.ts";
import { repeat, type Session } from "../engine.ts";

// biome-ignore lint/suspicious/noExplicitAny: the library's types are installed with it only.
type Tf = any;

/** The gradient of weights [size, size, channels, features]: of images x [batch, rows, columns, channels] and slopes [batch, rows, columns, features]. */
function weightsGradient(tf: Tf, size: number, x: Tf, slopes: Tf): Tf {
  const [images, windows] = [tf.transpose(x, [3, 1, 2, 0]), tf.transpose(slopes, [1, 2, 0, 3])];
  const around = [(size - 1) / 2, (size - 1) / 2];
  // A number in place of the pairs is right for square windows alone.
  return tf.transpose(tf.conv2d(images, windows, 1, [[0, 0], around, around, [0, 0]]), [1, 2, 0, 3]);
}

/** A convolution; of the first nothing needs the gradient of the images. */
function convolution(tf: Tf, size: number, x: Tf, w: Tf, isFirst: boolean): Tf {
  const value = (images: Tf, weights: Tf) => tf.conv2d(images, weights, 1, "same");
  if (isFirst)
    return tf.customGrad((weights: Tf) => ({
      value: value(x, weights),
      gradFunc: (slopes: Tf) => weightsGradient(tf, size, x, slopes),
    }))(w);
  return tf.customGrad((images: Tf, weights: Tf, save: (kept: Tf[]) => void) => {
    save([images, weights]);
    return {
      value: value(images, weights),
      gradFunc: (slopes: Tf, [read, by]: Tf[]) => [
        tf.conv2dTranspose(slopes, by, read.shape, 1, "same"),
        weightsGradient(tf, size, read, slopes),
      ],
    };
  })(x, w);
}

export function convSession(task: Conv, tf: Tf): Session {
  const given = convInputs(task);
  const layers = convLayers(task).length;
  const x = tf.tensor4d(given.x, [task.batch, ...task.image]);
  const labels = tf.oneHot(tf.tensor1d(given.labels, "int32"), CLASSES).cast("float32");
  const parameters: Tf[] = given.parameters.map(({ data, shape }) => tf.variable(tf.tensor(data, shape)));
  const optimizer = tf.train.momentum(TIMED_RATE, MOMENTUM);

  const scores = (): Tf => {
    let h = x;
    for (let i = 0; i < 2 * layers; i += 2)
      h = tf.maxPool(
        tf.relu(tf.add(convolution(tf, task.size, h, parameters[i], i === 0), parameters[i + 1])),
        2,
        2,
        "valid",
      );
    const [weight, bias, last, lastBias] = parameters.slice(2 * layers);
    h = tf.relu(tf.add(tf.matMul(tf.reshape(h, [task.batch, -1]), weight), bias));
    return tf.add(tf.matMul(h, last), lastBias);
  };
  const close = () => {
    optimizer.dispose();
    tf.dispose([x, labels, ...parameters]);
  };
  if (task.pass === "forward") {
    const run = (): Float32Array => tf.tidy(() => scores().dataSync());
    return {
      evidence: async () => [...run()],
      slice: (seconds) => repeat(() => void run(), seconds),
      close,
    };
  }
  const loss = (): Tf => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(scores()), labels), -1)));
  const run = (rate: number): number => {
    optimizer.setLearningRate(rate);
    return tf.tidy(() => optimizer.minimize(loss, true).dataSync()[0]);
  };
  return {
    evidence: async () => convRates().map(run),
    slice: (seconds) => repeat(() => void run(TIMED_RATE), seconds),
    close,
  };
}
