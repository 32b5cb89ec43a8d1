// The program of heaviside.js with tfjs-wasm: node tfjs-wasm.js <package.json beside which the library is installed>
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";

const peers = createRequire(process.argv[2]);
// Standard output is for the figures alone, whatever the library likes to say there.
console.info = console.error;
const begun = performance.now();
const tf = peers("@tensorflow/tfjs");
const wasm = peers("@tensorflow/tfjs-backend-wasm");
const imported = performance.now();
wasm.setWasmPaths(dirname(peers.resolve("@tensorflow/tfjs-backend-wasm")) + sep);
await tf.setBackend("wasm");
await tf.ready();
const started = performance.now();

const layer = (inputs, units) => ({
  weights: tf.variable(
    tf.tensor2d(
      Float32Array.from({ length: inputs * units }, (_, i) => Math.sin(i) / 30),
      [inputs, units],
    ),
  ),
  bias: tf.variable(tf.zeros([units])),
});
const [hidden, last] = [layer(784, 32), layer(32, 10)];
const x = tf.fill([1, 784], 0.5);
const target = tf.oneHot([3], 10);
const loss = tf.train
  .sgd(0.1)
  .minimize(() => {
    const h = tf.relu(tf.add(tf.matMul(x, hidden.weights), hidden.bias));
    const logits = tf.add(tf.matMul(h, last.weights), last.bias);
    return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), target)));
  }, true)
  .dataSync()[0];
const stepped = performance.now();
console.log(
  JSON.stringify({
    import: imported - begun,
    "backend's start": started - imported,
    "first step": stepped - started,
    "import to step": stepped - begun,
    loss,
  }),
);
process.exit(0);
