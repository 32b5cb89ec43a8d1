import { backend, mlp, predictor, save, compile, resident, array } from "heaviside";
import { key, Tensor, softmax, argmax } from "heaviside/engine";
import { predictor as inference } from "heaviside/inference";
const b = await backend();
for (const sizes of [[784, 400], [784, 32], [16, 8]] as const) {
  const model = mlp({ input: sizes[0], hidden: [{ units: sizes[1], estimator: "straight-through-slope" }], classes: 10 });
  const { params } = model.init(1); const bytes = save({ model, params });
  const predict = await predictor(bytes); const inf = await inference(bytes);
  const f = compile((p: never, x: Tensor) => { const { predicted } = model.predict(p, x, "deterministic", key(0)); return predicted; });
  const r = resident(params as never); const x = new Float32Array(sizes[0]).fill(0.3); const a = array(x, { shape: [1, sizes[0]] });
  const list = [...x];
  const time = (g: () => unknown) => { for (let i = 0; i < 3000; i++) g(); const t = performance.now(); const n = 20000; for (let i = 0; i < n; i++) g(); return (performance.now() - t) / n * 1000; };
  const rounds = Array.from({ length: 5 }, () => [time(() => f(r as never, a as never)), time(() => predict(x)), time(() => predict(list)), time(() => inf(x))]);
  const med = [0, 1, 2, 3].map((k) => rounds.map((q) => q[k]!).sort((a, b) => a - b)[2]!);
  console.log(sizes, "compiled", med[0]!.toFixed(2), "predict", med[1]!.toFixed(2), "list", med[2]!.toFixed(2), "inference", med[3]!.toFixed(2), "us; ratio", (med[1]! / med[0]!).toFixed(2));
}
