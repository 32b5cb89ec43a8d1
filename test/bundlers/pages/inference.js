// A page that predicts with a saved model, and nothing else.
import { predictor } from "heaviside/inference";

const options = {};
const tell = (value) => fetch(`/report?value=${encodeURIComponent(JSON.stringify(value))}`);
try {
  const predict = await predictor("model.safetensors", options);
  const x = Array.from({ length: 6 }, (_, i) => Math.fround(Math.sin(1 + i)));
  await tell({ one: [...predict(x).probabilities], passes: [...predict(x, { passes: 20, seed: 3 }).probabilities] });
} catch (error) {
  await tell({ error: String(error?.stack ?? error) });
}
