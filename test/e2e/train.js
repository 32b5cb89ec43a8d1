// One small training run, the same in Node and in the browser.

/** Trains a network of binary stochastic units on made-up data; gives the losses and some weights. */
export function train(
  { NdArray, add, compile, copyGradient, crossEntropy, key, matmul, resident, sigmoid, valueAndGrad },
  backend,
) {
  const wave = (n, phase) => Float32Array.from({ length: n }, (_, i) => Math.fround(Math.sin(phase + 0.7 * i) / 4));
  const state = resident(
    {
      w: new NdArray(wave(200 * 300, 1), [200, 300]),
      v: new NdArray(wave(300 * 10, 2), [300, 10]),
      step: new NdArray(Int32Array.of(0), []),
    },
    { backend },
  );
  const step = compile(
    (s, x, labels) => {
      const loss = ({ w, v }) => {
        const a = matmul(x, w);
        const h = copyGradient(key(7).fold(s.step).bernoulli(sigmoid(a)), a);
        return crossEntropy(matmul(h, v), labels).mean();
      };
      const [value, g] = valueAndGrad(loss)({ w: s.w, v: s.v });
      return { state: { w: s.w.sub(g.w.mul(0.1)), v: s.v.sub(g.v.mul(0.1)), step: add(s.step, 1) }, loss: value };
    },
    { backend },
  );
  const x = new NdArray(wave(64 * 200, 3), [64, 200]);
  const labels = new NdArray(
    Int32Array.from({ length: 64 }, (_, i) => i % 10),
    [64],
  );
  const losses = Array.from({ length: 20 }, () => step(state, x, labels).loss.item());
  return { losses, weights: [...state.read().v.data.slice(0, 100)] };
}
