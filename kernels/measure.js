// Speed of the built engine beside the machine's ceiling: node kernels/measure.js [variant | "native avx512" …] [threads…]
import { tsImport } from "tsx/esm/api";

const { Engine, elementwise, gemm } = await tsImport("./harness.ts", import.meta.url);
const [variant = "relaxed", ...counts] = process.argv.slice(2);
const threadCounts = counts.length ? counts.map(Number) : [1, 2];

/** Seconds of one call: the least of many, which noise can only lengthen. */
function seconds(call, budget = 0.6) {
  let best = Infinity;
  const start = performance.now();
  for (let calls = 0; calls < 5 || performance.now() - start < budget * 1000; calls++) {
    const before = performance.now();
    call();
    best = Math.min(best, performance.now() - before);
  }
  return best / 1000;
}

const flat = (buffer) => ({ buffer, strides: [1] });
const store = (buffer, n) => ({ inputs: ["result"], outputs: [{ buffer, strides: [0, n, 1] }], ops: [["MOVE", 1, 0]] });
const bias = (buffer, b, n) => ({
  inputs: ["result", { buffer: b, strides: [0, 0, 1] }],
  outputs: [{ buffer, strides: [0, n, 1] }],
  temps: 1,
  ops: [
    ["ADD", 3, 0, 1],
    ["RELU", 2, 3],
  ],
});
/** m ← μ m + g, w ← w − η m, with g the GEMM's result. */
const momentum = (m, w, n) => ({
  inputs: [
    "result",
    { buffer: m, strides: [0, n, 1] },
    { buffer: w, strides: [0, n, 1] },
    { immediate: 0.9 },
    { immediate: -1e-9 },
  ],
  outputs: [m, w].map((buffer) => ({ buffer, strides: [0, n, 1] })),
  ops: [
    ["MULADD", 5, 1, 3, 0],
    ["MULADD", 6, 5, 4, 2],
  ],
});

const layouts = { n: (_rows, columns) => [0, columns, 1], t: (rows) => [0, 1, rows] };
const shapes = [
  ["100x784x2000", "nn"],
  ["100x2000x2000", "nn"],
  ["100x2000x2000", "nt"],
  ["1024x1024x1024", "nn"],
  ["2000x100x784", "tn"],
  ["2000x784x100", "nn"],
  ["784x100x2000", "tn"],
  ["100x2000x10", "nn"],
  ["100x10x2000", "nt"],
  ["2000x100x10", "tn"],
  ["1x784x2000", "nn"],
  ["8x784x2000", "nn"],
  ["32x32x32", "nn"],
];

for (const threads of threadCounts) {
  const engine = await new Engine(variant, threads, 512).ready();
  const { host } = engine;
  /* One thread's ceiling, measured again around each figure: machines change their mind. */
  const ceiling = () => (threads * host.peakFma(100000)) / seconds(() => host.peakFma(100000), 0.1) / 1e9;
  console.log(
    `${variant}, ${threads} thread${threads > 1 ? "s" : ""}: peak ${ceiling().toFixed(0)} GFLOP/s fused, ` +
      `${((threads * host.peakMuladd(100000)) / seconds(() => host.peakMuladd(100000), 0.1) / 1e9).toFixed(0)} not`,
  );
  const report = (name, flops, call) => {
    const speed = flops / seconds(call) / 1e9;
    const peak = ceiling();
    console.log(
      `  ${name.padEnd(28)} ${speed.toFixed(1).padStart(6)} GFLOP/s  ${((100 * speed) / peak).toFixed(0).padStart(3)}%`,
    );
  };
  const fill = (words) => {
    const buffer = engine.buffer(words);
    engine.floats(buffer, words).forEach((_, i, all) => {
      all[i] = ((i * 7919) % 1000) / 1000 - 0.5;
    });
    return buffer;
  };
  for (const [size, [aLayout, bLayout]] of shapes) {
    engine.clear();
    const [m, k, n] = size.split("x").map(Number);
    const a = { buffer: fill(m * k), strides: layouts[aLayout](m, k) };
    const b = { buffer: fill(k * n), strides: layouts[bLayout](k, n) };
    const [c, w, h] = [fill(m * n), fill(m * n), fill(n)];
    const packed = engine.buffer(host.gemmScratchWords(m, n, k) + 1);
    const programs = {
      store: store(c, n),
      "bias, relu": bias(c, h, n),
      ...(aLayout === "t" && { momentum: momentum(c, w, n) }),
    };
    for (const [name, tape] of Object.entries(programs))
      report(
        `${size} ${aLayout}${bLayout} ${name}`,
        2 * m * n * k,
        engine.load(gemm([1, m, n, k], a, b, packed, tape)),
      );
  }
  engine.clear();
  const count = 1 << 20;
  const [x, y, positive] = [fill(count), fill(count), fill(count)];
  engine.floats(positive, count).forEach((value, i, all) => {
    all[i] = value + 0.501;
  });
  const key = engine.of([1, 2], "int");
  const nanoseconds = (tape) =>
    (1e9 * seconds(engine.load(elementwise([count], { outputs: [flat(y)], ...tape })), 0.3)) / count;
  const line = (name, time, of = "") =>
    console.log(`  ${name.padEnd(28)} ${time.toFixed(2).padStart(6)} ns an element${of}`);
  const sigmoid = nanoseconds({ inputs: [flat(x)], ops: [["SIGMOID", 1, 0]] });
  for (const op of ["MOVE", "ADD", "SIGMOID", "EXP", "LOG", "LOG1P", "TANH", "SOFTPLUS", "SIN"]) {
    const time = nanoseconds({ inputs: [flat(op === "LOG" ? positive : x)], ops: [[op, 1, 0]] });
    line(op, time, `, ${(time / sigmoid).toFixed(2)} times SIGMOID`);
  }
  /* What any draw costs at least: to write as many elements. */
  const written = nanoseconds({ inputs: [{ immediate: 1 }], ops: [["MOVE", 1, 0]] });
  line("fill", written);
  for (const op of ["UNIFORM", "UNIFORM_OPEN", "NORMAL"]) {
    const time = nanoseconds({ keys: [{ buffer: key }], ops: [[op, 0, 0]] });
    line(op, time, `, ${(time / written).toFixed(1)} times a fill`);
  }
  const tiny = engine.load(elementwise([16], { inputs: [flat(x)], outputs: [flat(y)], ops: [["MOVE", 1, 0]] }));
  const loop = () => {
    for (let i = 0; i < 1000; i++) tiny();
  };
  console.log(`  ${"dispatch of 16 elements".padEnd(28)} ${(1e6 * seconds(loop)).toFixed(0).padStart(6)} ns`);
  await engine.close();
}
