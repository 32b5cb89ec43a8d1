// From which share of open pairs on a product of all pairs is the faster one: node kernels/measure-dense-above.js [variant…]
// The figures in src/plan/dense-above.ts are from here. Processor time of one thread: what else runs on the machine hardly matters.
import { tsImport } from "tsx/esm/api";

const { Engine, blockProduct, blocksGradient, planWords, routing } = await tsImport("./harness.ts", import.meta.url);
const given = process.argv.slice(2);
const variants = given.length ? given : ["native avx512", "native avx2", "native baseline", "relaxed", "simd"];
const densities = [0.25, 0.4, 0.55, 0.7, 0.85, 1];

/** Milliseconds of processor time of each call: the least of several rounds in which they take turns. */
function milliseconds(calls) {
  const now = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const best = calls.map(() => Infinity);
  for (let round = 0; round < 5; round++)
    calls.forEach((call, i) => {
      const before = now();
      let count = 0;
      do {
        call();
        count++;
      } while (now() - before < 4);
      best[i] = Math.min(best[i], (now() - before) / count);
    });
  return best;
}

/** Where a line through neighbouring points crosses `level`; 1 where all of them are below it. */
function crossing(points, level) {
  for (let i = 0; i < points.length; i++) {
    const [x, y] = points[i];
    if (y <= level) continue;
    if (i === 0) return x * (level / y);
    const [x0, y0] = points[i - 1];
    return x0 + ((x - x0) * (level - y0)) / (y - y0);
  }
  return 1;
}

function shareOf(engine, { examples, blocks, units, depth }) {
  engine.clear();
  const size = { examples, blocks, units, depth };
  const width = blocks * units;
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const fill = (words) => {
    const buffer = engine.buffer(words);
    engine.floats(buffer, words).forEach((_, i, all) => {
      all[i] = next() - 0.5;
    });
    return buffer;
  };
  const [x, m, c, out, y] = [examples * depth, width * depth, examples * width, examples * width, examples * depth].map(
    fill,
  );
  const scratch = [
    [examples, width, depth],
    [examples, depth, width],
    [width, depth, examples],
  ].map(([rows, columns, k]) => engine.host.gemmScratchWords(rows, columns, k));
  const packed = engine.buffer(Math.max(...scratch) + 1);
  const descent = {
    inputs: ["result", { buffer: m, strides: [0, depth, 1] }, { immediate: -1e-9 }],
    outputs: [{ buffer: m, strides: [0, depth, 1] }],
    ops: [["MULADD", 3, 0, 2, 1]],
  };
  const gates = fill(examples * blocks);
  const values = engine.floats(gates, examples * blocks);
  const step = (density, denseAbove) => {
    values.forEach((_, i) => {
      values[i] = next() < density ? 1 : 0;
    });
    for (let k = 0; k < blocks; k++) values[k] = 1;
    const plan = engine.buffer(planWords(examples, blocks));
    engine.load(routing(size, denseAbove, gates, plan))();
    return engine.load(
      blockProduct("TO_BLOCKS", size, { plan, from: x, weights: m, out, packed }),
      blockProduct("FROM_BLOCKS", size, { plan, from: c, weights: m, out: y, packed }),
      blocksGradient(size, { plan, x, c, packed }, true, descent),
    );
  };
  const [dense, ...sparse] = milliseconds([step(1, 0), ...densities.map((d) => step(d, 2 ** 31 - 1))]);
  return crossing(
    sparse.map((ms, i) => [densities[i], ms]),
    dense,
  );
}

for (const variant of variants) {
  const engine = await new Engine(variant, 1, 512).ready();
  console.log(
    `\n${variant}\n${"units".padStart(6)} ${"numbers".padStart(8)}   examples: share of open pairs from which dense is faster`,
  );
  for (const units of [1, 2, 4, 8, 16, 64])
    for (const depth of [16, 784]) {
      const shares = [1, 8, 32, 256].map((examples) => {
        const blocks = Math.max(2, Math.floor(2 ** 19 / (units * depth * Math.max(1, examples / 64))));
        return `${examples}: ${shareOf(engine, { examples, blocks: Math.min(2000, blocks), units, depth }).toFixed(2)}`;
      });
      console.log(`${String(units).padStart(6)} ${String(depth).padStart(8)}   ${shares.join("  ")}`);
    }
  await engine.close();
}
