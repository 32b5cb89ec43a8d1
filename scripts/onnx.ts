/** Prints how long ONNX Runtime takes for networks with gates, beside networks of the same units without gates: one thread, medians of interleaved runs. */
import {
  classes,
  conv,
  dense,
  gated,
  gatedConv,
  globalPool,
  type Model,
  network,
  type StageSpec,
  toOnnx,
} from "../src/index.ts";
import { median } from "../src/statistics/sample.ts";
import { loadRuntime } from "../test/attack/targets/exports.ts";

const [ROUNDS, WARM] = [60, 10];
const gater = { name: "low-rank", rank: 8 } as const;
const units = { estimator: "rectifier" } as const;

interface Pair {
  readonly name: string;
  readonly input: readonly number[];
  readonly gated: readonly StageSpec[];
  readonly plain: readonly StageSpec[];
}

/** Two layers 784 → blocks · width → 784. */
const blocks = (count: number, width: number, open: number): Pair => ({
  name: `2 layers of ${count} blocks of ${width} units, ${open} open`,
  input: [784],
  gated: [1, 2].map(() =>
    gated({ blocks: count, width, output: 784, activation: "rectifier", gater, gate: { name: "top-k", k: open } }),
  ),
  plain: [1, 2].flatMap(() => [dense({ units: count * width, ...units }), dense({ units: 784 })]),
});

const pairs: readonly Pair[] = [
  blocks(64, 32, 6),
  blocks(16, 128, 2),
  {
    name: "2 convolutions 3×3 of 64 features at 28×28, 2 of 16 groups open",
    input: [28, 28],
    gated: [1, 2].map(() => gatedConv({ features: 64, blocks: 16, size: 3, gate: { name: "top-k", k: 2 } })),
    plain: [1, 2].map(() => conv({ features: 64, size: 3, ...units })),
  },
];

const made = ({ input }: Pair, stages: readonly StageSpec[]): Uint8Array => {
  const last = input.length === 1 ? [] : [globalPool()];
  const model = network({ input, stages: [...stages, ...last, dense({})], head: classes(10) }) as Model;
  return toOnnx({ model, params: model.init(1).params });
};

const folder = new URL("../test/onnx/node_modules/onnxruntime-node/dist/index.js", import.meta.url);
const { InferenceSession, Tensor } = await loadRuntime(folder.href);
for (const pair of pairs) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
  const files = [made(pair, pair.gated), made(pair, pair.plain)];
  const sessions = await Promise.all(files.map((bytes) => InferenceSession.create(bytes, options)));
  for (const batch of [1, 64]) {
    const size = batch * pair.input.reduce((a, b) => a * b, 1);
    const x = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const feeds = { x: new Tensor("float32", x, [batch, ...pair.input]) };
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++)
      for (const which of [0, 1] as const) {
        const began = performance.now();
        await sessions[which]!.run(feeds);
        if (round >= WARM) times[which].push(performance.now() - began);
      }
    const [skipping, whole] = times.map(median) as [number, number];
    const how = `${skipping.toFixed(3)} ms, without gates ${whole.toFixed(3)} ms`;
    console.log(`${pair.name}, batch ${batch}: ${how}, ${(whole / skipping).toFixed(1)} times as fast`);
  }
}
