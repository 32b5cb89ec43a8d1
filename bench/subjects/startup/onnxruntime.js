// The program of heaviside.js with onnxruntime-node, whose step is a graph that was made before:
//   node onnxruntime.js <package.json beside which the library is installed> <graph> <its state: [{name, shape}]> <threads>
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , installed, graph, state, threads] = process.argv;
const peers = createRequire(installed);
const begun = performance.now();
const ort = peers("onnxruntime-node");
const imported = performance.now();
const session = await ort.InferenceSession.create(readFileSync(graph), {
  executionProviders: ["cpu"],
  intraOpNumThreads: Number(threads),
});
const started = performance.now();

const tensor = (shape, fill) => {
  const size = shape.reduce((product, length) => product * length, 1);
  return new ort.Tensor("float32", Float32Array.from({ length: size }, fill), shape);
};
const inputs = {
  x: tensor([1, 784], () => 0.5),
  y: tensor([1, 10], (_, i) => Number(i === 3)),
  rate: tensor([], () => 0.1),
};
for (const { name, shape } of JSON.parse(state))
  inputs[name] = tensor(shape, (_, i) => (/^weights\d+$/.test(name) ? Math.sin(i) / 30 : 0));
const loss = (await session.run(inputs)).loss.data[0];
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
