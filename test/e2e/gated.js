// A trained network with gates read from its checkpoint, the same in Node and in the browser.

/**
 * Reads the class scores of some made-up examples; then again with NaN in all weights of the blocks that are closed for every one of them.
 * @param bytes a checkpoint of a network whose only hidden layer are gated blocks
 */
export function read({ NdArray, compile, key, loadModel, resident }, backend, bytes) {
  const { model, params } = loadModel(bytes);
  const [examples, features] = [6, model.inputShape.reduce((product, length) => product * length, 1)];
  const wave = Float32Array.from({ length: examples * features }, (_, i) => Math.fround((1 + Math.sin(0.37 * i)) / 2));
  const x = new NdArray(wave, [examples, features]);
  const forward = compile(
    (p, x) => ({
      scores: model.output(p, x, "deterministic", key(1)),
      gates: model.hidden(p, x, "deterministic", key(1))[0].output,
    }),
    { backend },
  );
  const { scores, gates } = forward(resident(params, { backend }), x);
  const blocks = gates.shape[1];
  const isClosed = (block) =>
    Array.from({ length: examples }, (_, i) => gates.data[i * blocks + block]).every((g) => g === 0);
  const closed = Array.from({ length: blocks }, (_, block) => block).filter(isClosed);
  const poisoned = params.map((layer) =>
    layer.out === undefined
      ? layer
      : {
          ...layer,
          ...Object.fromEntries(["weight", "bias", "out"].map((name) => [name, poison(layer[name], closed)])),
        },
  );
  /** An array whose first axis are the blocks, with NaN in all of those named. */
  function poison({ data, shape }, at) {
    const copy = data.slice();
    const size = copy.length / blocks;
    for (const block of at) copy.fill(Number.NaN, block * size, (block + 1) * size);
    return new NdArray(copy, shape);
  }
  const again = forward(resident(poisoned, { backend }), x);
  return { scores: [...scores.data], closed: closed.length, blocks, poisoned: [...again.scores.data] };
}
