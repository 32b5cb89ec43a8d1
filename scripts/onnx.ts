// docs/how-to/export.md's tables of times in ONNX Runtime, from bench/results/onnx.json. node --conditions=@heaviside/source --import tsx scripts/onnx.ts
// prints the page; --measure measures first, for a minute and a half, and writes the file; --write writes the page. A test holds it to the file.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { array, model as file, graph, node } from "../src/formats/onnx.ts";
import { NdArray } from "../src/graph/index.ts";
import {
  classes,
  conv,
  dense,
  gated,
  gatedConv,
  globalPool,
  type Model,
  network,
  recurrent,
  type StageSpec,
  toOnnx,
  values,
} from "../src/index.ts";
import { median, quantile } from "../src/statistics/sample.ts";
import { loadRuntime, type Runtime } from "../test/attack/targets/exports.ts";
import { withSections } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PAGE = "docs/how-to/export.md";
const FILE = "bench/results/onnx.json";
/** Rounds of a contest, and milliseconds after which it ends when it has the fewest. */
const [WARM, FEWEST, MOST, LONGEST] = [5, 30, 300, 3000];

/** Two networks in turn, in one thread: medians in ms, and quartiles of the ratio of the second to the first over the rounds. */
export interface Contest {
  readonly runtime: string;
  readonly what: string;
  readonly batch: number;
  readonly ours: number;
  readonly other: number;
  readonly ratio: readonly [low: number, median: number, high: number];
}
export interface Measured {
  readonly machine: string;
  readonly date: string;
  readonly gates: readonly Contest[];
  readonly loops: readonly Contest[];
}

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
    name: "2 convolutions of 64 features at 28×28, 2 of 16 groups open",
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

interface Candidate {
  readonly bytes: Uint8Array;
  /** The shape of its input x. */
  readonly shape: readonly number[];
}

async function contest({ InferenceSession, Tensor }: Runtime, two: readonly [Candidate, Candidate]) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
  const sessions = await Promise.all(two.map(({ bytes }) => InferenceSession.create(bytes, options)));
  const feeds = two.map(({ shape }) => {
    const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
    return { x: new Tensor("float32", x, shape) };
  });
  const times: [number[], number[]] = [[], []];
  const start = performance.now();
  for (let round = 0; round < MOST && (round < FEWEST || performance.now() - start < LONGEST); round++)
    for (const which of [0, 1] as const) {
      const began = performance.now();
      await sessions[which]!.run(feeds[which]!);
      if (round >= WARM) times[which].push(performance.now() - began);
    }
  await Promise.all(sessions.map((session) => session.release()));
  const ratios = times[0].map((time, i) => times[1][i]! / time).sort((a, b) => a - b);
  const [low, mid, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share)) as [number, number, number];
  return { ours: median(times[0]), other: median(times[1]), ratio: [low, mid, high] as const };
}

/** Steps, inputs and units of an LSTM. */
const loops = [
  [28, 28, 128],
  [100, 64, 256],
] as const;

const exportedLstm = ([steps, inputs, units]: (typeof loops)[number]): Uint8Array => {
  const stages = [recurrent({ cell: "lstm", units, output: "sequence" })];
  const model = network({ input: [steps, inputs], stages, head: values([steps, units]) }) as Model;
  return toOnnx({ model, params: model.init(1).params });
};

/** The same sizes as ONNX's own operator, which reads [steps, batch, inputs]. */
function nativeLstm([steps, inputs, units]: (typeof loops)[number]): Uint8Array {
  const weights = (...shape: number[]): NdArray => {
    const length = shape.reduce((a, b) => a * b, 1);
    return new NdArray(Float32Array.from({ length }, (_, i) => Math.sin(i) / 10), shape); // biome-ignore format: one line
  };
  return file(
    graph({
      name: "lstm",
      nodes: [node("LSTM", ["x", "w", "r", "b"], ["y"], { hidden_size: units })],
      arrays: [array("w", weights(1, 4 * units, inputs)), array("r", weights(1, 4 * units, units)), array("b", weights(1, 8 * units))], // biome-ignore format: one line
      inputs: [{ name: "x", type: "float32", shape: [steps, "batch", inputs] }],
      outputs: [{ name: "y", type: "float32", shape: [steps, 1, "batch", units] }],
    }),
    {},
  );
}

async function measure(): Promise<Measured> {
  const at = (path: string): string => new URL(`../test/onnx/node_modules/${path}`, import.meta.url).href;
  const runtimes = {
    "onnxruntime-node": await loadRuntime(at("onnxruntime-node/dist/index.js")),
    "onnxruntime-web": await loadRuntime(at("onnxruntime-web/dist/ort.node.min.mjs")),
  };
  const found: { gates: Contest[]; loops: Contest[] } = { gates: [], loops: [] };
  for (const [runtime, own] of Object.entries(runtimes)) {
    for (const pair of pairs)
      for (const batch of [1, 64]) {
        const shape = [batch, ...pair.input];
        const candidate = (stages: readonly StageSpec[]): Candidate => ({ bytes: made(pair, stages), shape });
        const two = [candidate(pair.gated), candidate(pair.plain)] as const;
        found.gates.push({ runtime, what: pair.name, batch, ...(await contest(own, two)) });
      }
    for (const sizes of loops)
      for (const batch of [1, 32]) {
        const [steps, inputs, units] = sizes;
        const what = `${steps} steps, ${inputs} inputs, ${units} units`;
        const scan = { bytes: exportedLstm(sizes), shape: [batch, steps, inputs] };
        const native = { bytes: nativeLstm(sizes), shape: [steps, batch, inputs] };
        found.loops.push({ runtime, what, batch, ...(await contest(own, [scan, native])) });
      }
  }
  const machine = `${cpus()[0]!.model}, one thread, Node ${process.version}`;
  return { machine, date: new Date().toISOString().slice(0, 10), ...found };
}

const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));
const ratioText = ([low, mid, high]: Contest["ratio"]): string =>
  `${mid.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;

const table = (rows: readonly Contest[], names: readonly [what: string, ours: string, other: string]): string =>
  markdownTable(
    [
      [names[0], "runtime", "batch", `${names[1]}, ms`, `${names[2]}, ms`, "times as fast"],
      ...rows.map(({ what, runtime, batch, ours, other, ratio }) => [
        ...[what, runtime.replace("onnxruntime-", ""), `${batch}`, ms(ours), ms(other), ratioText(ratio)],
      ]),
    ],
    [2, 3, 4, 5],
  );

/** The page with both tables as the file has them. Throws where a table has no place. */
export const withTables = (page: string, { machine, date, gates, loops: cells }: Measured): string =>
  withSections(PAGE, page, {
    gates: () => [`${machine}, ${date}:`, table(gates, ["network", "gates", "none"])].join("\n\n"),
    loops: () => table(cells, ["LSTM", "`Scan`", "`LSTM`"]),
  });

export const committed = (): Measured => JSON.parse(readFileSync(root + FILE, "utf8"));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--measure"))
    writeFileSync(root + FILE, `${JSON.stringify(await measure(), (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value), 1)}\n`); // biome-ignore format: one line
  const page = withTables(readFileSync(root + PAGE, "utf8"), committed());
  if (process.argv.includes("--write")) writeFileSync(root + PAGE, page);
  else console.log(page);
}
