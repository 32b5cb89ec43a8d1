// The program of heaviside.js with jax-js: node jax-js.js <package.json beside which the library is installed>
import { createRequire } from "node:module";

const peers = createRequire(process.argv[2]);
const begun = performance.now();
const jax = peers("@jax-js/jax");
const imported = performance.now();
await jax.init("wasm");
jax.defaultDevice("wasm");
const started = performance.now();

const { numpy: np, nn } = jax;
const weights = (inputs, units) =>
  np.array(
    Float32Array.from({ length: inputs * units }, (_, i) => Math.sin(i) / 30),
    { shape: [inputs, units] },
  );
const lossOf = ([w1, b1, w2, b2], x, target) => {
  const h = nn.relu(np.dot(x, w1).add(b1));
  return nn.logSoftmax(np.dot(h, w2).add(b2)).mul(target).sum().mul(-1);
};
const step = jax.jit((parameters, x, target) => {
  const [loss, gradients] = jax.valueAndGrad(lossOf)(
    parameters.map((each) => each.ref),
    x,
    target,
  );
  return [loss, parameters.map((each, i) => each.sub(gradients[i].mul(0.1)))];
});
const x = np.array(new Float32Array(784).fill(0.5), { shape: [1, 784] });
const target = np.array(
  Float32Array.from({ length: 10 }, (_, i) => Number(i === 3)),
  { shape: [1, 10] },
);
const [value, next] = step([weights(784, 32), np.zeros([32]), weights(32, 10), np.zeros([10])], x, target);
await jax.blockUntilReady(next);
const [loss] = await value.data();
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
