// Speed of the instructions on gated blocks, beside the same work done densely:
//   node kernels/measure-blocks.js [--variant "native avx512"] [--threads 1,2] [--size B,K,S,D[,O]] [--density 0.02,0.05,0.1]
// A step is the six products of a layer of K blocks of S units behind gates, D numbers in and O out.
import { parseArgs } from "node:util";
import { tsImport } from "tsx/esm/api";

const { Engine, blockProduct, blocksGradient, gemm, planWords, routing } = await tsImport(
  "./harness.ts",
  import.meta.url,
);
const { values } = parseArgs({
  options: {
    variant: { type: "string", default: "native avx512" },
    threads: { type: "string", default: "1,2" },
    size: { type: "string", default: "256,64,64,1024" },
    density: { type: "string", default: "0.02,0.05,0.1" },
    budget: { type: "string", default: "0.4" },
  },
});
const numbers = (list) => list.split(",").map(Number);
const [B, K, S, D, O = D] = numbers(values.size);
const budget = Number(values.budget);

/** Seconds of each call: the least of many rounds in which they take turns, which noise can only lengthen. */
function seconds(calls) {
  const best = calls.map(() => Infinity);
  const start = performance.now();
  for (let round = 0; round < 5 || performance.now() - start < budget * 1000 * calls.length; round++)
    calls.forEach((call, i) => {
      const before = performance.now();
      call();
      best[i] = Math.min(best[i], performance.now() - before);
    });
  return best.map((ms) => ms / 1000);
}

const stored = (buffer, row) => ({
  inputs: ["result"],
  outputs: [{ buffer, strides: [0, row, 1] }],
  ops: [["MOVE", 1, 0]],
});
/** w ← w − η G, in place. */
const descent = (buffer, row) => ({
  inputs: ["result", { buffer, strides: [0, row, 1] }, { immediate: -1e-9 }],
  outputs: [{ buffer, strides: [0, row, 1] }],
  ops: [["MULADD", 3, 0, 2, 1]],
});

function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Products of a whole layer, and of its open pairs. */
function programs(engine, density) {
  engine.clear();
  const { host } = engine;
  const next = random(7);
  const fill = (words, value = () => next() - 0.5) => {
    const buffer = engine.buffer(words);
    engine.floats(buffer, words).forEach((_, i, all) => {
      all[i] = value();
    });
    return buffer;
  };
  const [width, size, back] = [
    K * S,
    { examples: B, blocks: K, units: S, depth: D },
    { examples: B, blocks: K, units: S, depth: O },
  ];
  const gates = fill(B * K, () => (next() < density ? 1 : 0));
  const [x, y, dx, dy] = [D, O, D, O].map((n) => fill(B * n));
  const [w, v] = [D, O].map((n) => fill(width * n));
  const [c, h] = [fill(B * width), fill(B * width)];
  const plan = engine.buffer(planWords(B, K));
  const scratch = [D, O].flatMap((n) => [
    host.gemmScratchWords(B, width, n),
    host.gemmScratchWords(B, n, width),
    host.gemmScratchWords(width, n, B),
  ]);
  const packed = engine.buffer(Math.max(...scratch) + 1);
  const route = routing({ examples: B, blocks: K }, 2 ** 31 - 1, gates, plan);
  engine.load(route)();
  const open = engine.ints(plan, 1)[0];
  const product = (kind, sizes, from, weights, out) => blockProduct(kind, sizes, { plan, from, weights, out, packed });
  const gradient = (sizes, from, tape) => blocksGradient(sizes, { plan, x: from, c, packed }, true, tape);
  const sparse = {
    routing: route,
    "to blocks": product("TO_BLOCKS", size, x, w, c),
    "from blocks": product("FROM_BLOCKS", back, h, v, y),
    "to blocks, back": product("TO_BLOCKS", back, dy, v, h),
    "gradient, out": gradient(back, dy, descent(v, O)),
    "from blocks, back": product("FROM_BLOCKS", size, c, w, dx),
    "gradient, in": gradient(size, x, descent(w, D)),
  };
  const rows = (buffer, n) => ({ buffer, strides: [0, n, 1] });
  const columns = (buffer, n) => ({ buffer, strides: [0, 1, n] });
  const dense = {
    "to blocks": gemm([1, B, width, D], rows(x, D), columns(w, D), packed, stored(c, width)),
    "from blocks": gemm([1, B, O, width], rows(h, width), rows(v, O), packed, stored(y, O)),
    "to blocks, back": gemm([1, B, width, O], rows(dy, O), columns(v, O), packed, stored(h, width)),
    "gradient, out": gemm([1, width, O, B], columns(h, width), rows(dy, O), packed, descent(v, O)),
    "from blocks, back": gemm([1, B, D, width], rows(c, width), rows(w, D), packed, stored(dx, D)),
    "gradient, in": gemm([1, width, D, B], columns(c, width), rows(x, D), packed, descent(w, D)),
  };
  const flops = Object.fromEntries(
    Object.keys(dense).map((name) => [
      name,
      2 * B * width * (name.match(/out|, back|^from/) && !/from blocks, back/.test(name) ? O : D),
    ]),
  );
  return { sparse, dense, open, flops };
}

for (const threads of numbers(values.threads)) {
  const engine = await new Engine(values.variant, threads, 1024).ready();
  const peak = (threads * engine.host.peakFma(1e5)) / seconds([() => engine.host.peakFma(1e5)])[0] / 1e9;
  console.log(
    `\n${values.variant}, ${threads} thread${threads > 1 ? "s" : ""}, peak ${peak.toFixed(0)} GFLOP/s: ${B} examples, ${K} blocks of ${S}, ${D} in, ${O} out`,
  );
  for (const density of numbers(values.density)) {
    const { sparse, dense, open, flops } = programs(engine, density);
    const names = Object.keys(sparse);
    const load = (list) => engine.load(...list);
    const calls = [
      ...names.map((name) => load([sparse[name]])),
      ...Object.values(dense).map((one) => load([one])),
      load(Object.values(sparse)),
      load(Object.values(dense)),
    ];
    const times = seconds(calls);
    const denseTimes = Object.fromEntries(Object.keys(dense).map((name, i) => [name, times[names.length + i]]));
    const share = open / (B * K);
    console.log(`${open} pairs open, ${(100 * share).toFixed(1)} %        ms   GFLOP/s   dense ms   GFLOP/s   ratio`);
    const line = (name, time, full, work) =>
      console.log(
        [
          `  ${name.padEnd(22)}`,
          (1e3 * time).toFixed(3).padStart(8),
          work ? ((work * share) / time / 1e9).toFixed(0).padStart(9) : "".padStart(9),
          full ? (1e3 * full).toFixed(2).padStart(10) : "",
          full ? (work / full / 1e9).toFixed(0).padStart(9) : "",
          full ? (full / time).toFixed(2).padStart(7) : "",
        ].join(" "),
      );
    names.forEach((name, i) => line(name, times[i], denseTimes[name], flops[name]));
    const all = Object.values(flops).reduce((a, b) => a + b, 0);
    line("all", times.at(-2), times.at(-1), all);
  }
  await engine.close();
}
