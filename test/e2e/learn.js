// What the page that trains does, the same in Node and in a browser.

/** Trains a small network of neurons that fire or stay silent, saves it, and predicts with what was saved. */
export async function learn({ datasetFromArrays, mlp, predictor, save, train }, backend) {
  const x = Array.from({ length: 240 }, (_, i) =>
    Array.from({ length: 6 }, (_, j) => Math.fround(Math.sin(1 + i + 7 * i * j))),
  );
  const data = datasetFromArrays({ x, label: x.map(([a, b]) => (a > b ? "left" : "right")) });
  const model = mlp({ input: 6, hidden: [{ units: 40, estimator: "straight-through-slope" }], classes: 2 });
  const trained = await train(model, data, { epochs: 3, batch: 20, backend });
  const bytes = save(trained);
  const predict = await predictor(bytes, { backend });
  const { name, probabilities } = predict(x[0]);
  return { bytes, seen: { error: trained.test.deterministic.error, name, probabilities: [...probabilities] } };
}
