/** What a contest of the recurrent layer amounts to: a table, and whether the figures asked for are reached. */
import type { Ratio, Row } from "../../rows.ts";
import { align, formatNumber, formatRatio } from "../../table.ts";
import type { Pass } from "../../workloads/recurrent.ts";
import { presets } from "./sizes.ts";

interface Claim {
  preset: keyof typeof presets;
  pass: Pass;
  engine: string;
  threads: number;
  /** Of these peers the fastest. */
  against: readonly string[];
  atLeast: number;
}

const [native, wasm] = ["heaviside native", "heaviside wasm"];
const tfjs = ["tfjs-wasm", "tfjs-cpu"];
const onnxruntime = ["onnxruntime-node"];

/** How many times as fast as others a layer must be. */
const claims: readonly Claim[] = [
  { preset: "rows", pass: "step", engine: native, threads: 2, against: ["PyTorch"], atLeast: 4 },
  { preset: "rows", pass: "step", engine: wasm, threads: 2, against: ["PyTorch"], atLeast: 1.5 },
  { preset: "rows", pass: "step", engine: wasm, threads: 2, against: tfjs, atLeast: 15 },
  { preset: "pixels", pass: "step", engine: native, threads: 2, against: ["PyTorch"], atLeast: 6 },
  { preset: "single", pass: "step", engine: native, threads: 2, against: ["PyTorch"], atLeast: 3 },
  { preset: "wide", pass: "step", engine: native, threads: 2, against: ["PyTorch"], atLeast: 1.8 },
  ...(["rows", "pixels", "single"] as const).flatMap((preset) => {
    // On one example a second thread makes ONNX Runtime slower.
    const shared = { preset, pass: "forward", threads: preset === "single" ? 1 : 2, against: onnxruntime } as const;
    return [
      { ...shared, engine: native, atLeast: 1 },
      { ...shared, engine: wasm, atLeast: 1 / 3 },
    ];
  }),
];

/** The ratio of a row to the fastest of some peers. */
export function ratioToFastest({ timesAsFast = [] }: Row, peers: readonly string[]): Ratio | undefined {
  return timesAsFast.filter(({ engine }) => peers.includes(engine)).sort((a, b) => a.median - b.median)[0];
}

/** A line for each claim on these rows: the figure, and whether it is reached. */
export function verdicts(rows: readonly Row[]): string[] {
  const [{ task }] = rows as [Row];
  const isOf = ({ preset, pass }: Claim): boolean =>
    pass === task!.pass && Object.entries(presets[preset]).every(([name, size]) => task![name] === size);
  return claims.filter(isOf).map(({ engine, threads, against, atLeast }) => {
    const row = rows.find((each) => each.engine === engine && each.threads === threads);
    const ratio = row && ratioToFastest(row, against);
    const wanted = `${engine} ${threads}T: at least ${formatNumber(atLeast)}× ${against.join(" or ")} is asked`;
    if (!ratio) return `${wanted}, not measured`;
    return `${wanted}, ${formatRatio(ratio)} measured: ${ratio.median >= atLeast ? "reached" : "missed"}`;
  });
}

/** A line for each row: time, speed, and how many times as fast as each peer on as many threads. */
export function recurrentReport(rows: readonly Row[]): string {
  const [first] = rows as [Row];
  const peers = [...new Set(rows.flatMap(({ timesAsFast = [] }) => timesAsFast.map(({ engine }) => engine)))];
  const header = [first.workload, "threads", "ms (min–max)", "GFLOP/s", ...peers.map((peer) => `× ${peer}`)];
  const lines = rows.map((row) => [
    `  ${row.engine}`,
    `${row.threads}`,
    `${formatNumber(row.value)} (${formatNumber(row.min)}–${formatNumber(row.max)})`,
    formatNumber(row.gflops!),
    ...peers.map((peer) => {
      const ratio = ratioToFastest(row, [peer]);
      return ratio ? formatRatio(ratio) : "";
    }),
  ]);
  return [align([header, ...lines]), ...verdicts(rows).map((line) => `  ${line}`)].join("\n");
}
