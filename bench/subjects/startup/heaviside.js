// A process of its own: from the import of the built package to the first training step, in milliseconds.
//   node heaviside.js <the package's index> <backend> <threads>
const [, , index, name, threads] = process.argv;
const begun = performance.now();
const { array, backend, compile, crossEntropy, matmul, NdArray, rectifier, resident, valueAndGrad } = await import(
  index
);
const imported = performance.now();
await backend(name, { threads: Number(threads) });
const started = performance.now();

const layer = (inputs, units) => ({
  weights: array(
    Float32Array.from({ length: inputs * units }, (_, i) => Math.sin(i) / 30),
    { shape: [inputs, units] },
  ),
  bias: NdArray.zeros([units]),
});
const state = resident([layer(784, 32), layer(32, 10)]);
const lossOf = ([hidden, last], x, labels) => {
  const h = rectifier(matmul(x, hidden.weights).add(hidden.bias));
  return crossEntropy(matmul(h, last.weights).add(last.bias), labels).mean();
};
const step = compile((layers, x, labels) => {
  const [loss, gradients] = valueAndGrad(lossOf)(layers, x, labels);
  const moved = layers.map(({ weights, bias }, i) => ({
    weights: weights.sub(gradients[i].weights.mul(0.1)),
    bias: bias.sub(gradients[i].bias.mul(0.1)),
  }));
  return { state: moved, loss };
});
const x = array(new Float32Array(784).fill(0.5), { shape: [1, 784] });
const loss = step(state, x, array(Int32Array.of(3))).loss.item();
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
