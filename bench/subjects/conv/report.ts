/** What a contest of the convolutional network amounts to: a table, and whether the figures asked for are reached. */
import { median } from "../../../src/statistics/sample.ts";
import type { Ratio, Row } from "../../rows.ts";
import { align, formatNumber, formatRatio } from "../../table.ts";
import type { ConvPass } from "../../workloads/conv.ts";

interface Claim {
  pass: ConvPass;
  batch: number;
  engine: string;
  against: string;
  atLeast: number;
}

const [native, wasm] = ["heaviside native", "heaviside wasm"];

/** How many times as fast as others the LeNet-like network must be on two threads. */
const claims: readonly Claim[] = [
  { pass: "step", batch: 100, engine: native, against: "PyTorch", atLeast: 1.4 },
  { pass: "step", batch: 100, engine: wasm, against: "PyTorch", atLeast: 0.5 },
  { pass: "step", batch: 100, engine: wasm, against: "tfjs-wasm", atLeast: 6 },
  ...[100, 32, 1].map(
    (batch): Claim => ({ pass: "forward", batch, engine: native, against: "onnxruntime-node", atLeast: 0.95 }),
  ),
];
const claimed = { image: "28x28x1", channels: "32,64", size: 5 } as const;

/** The ratio of a row to the fastest of a peer's forms. */
export const ratioToPeer = ({ timesAsFast = [] }: Row, peer: string): Ratio | undefined =>
  timesAsFast.find(({ engine }) => engine.split(",")[0] === peer);

const isCeiling = ({ engine }: Row): boolean => engine.startsWith("ceiling");

/** The part of the ceiling of its own vectors, and of as many threads, that a row reaches in the median round. */
export function ofCeiling(row: Row, rows: readonly Row[]): number | undefined {
  const kind = /wasm/.test(row.engine) ? "ceiling wasm" : "ceiling native";
  const bound = rows.find(({ engine, threads }) => engine === kind && threads === row.threads);
  return bound && median(row.values.map((value, round) => bound.values[round]! / value));
}

/** A line for each claim on these rows: the figure, and whether it is reached. */
export function convVerdicts(rows: readonly Row[]): string[] {
  const [{ task }] = rows as [Row];
  const isOf = ({ pass, batch }: Claim): boolean =>
    Object.entries({ ...claimed, pass, batch }).every(([name, value]) => task![name] === value);
  return claims.filter(isOf).map(({ engine, against, atLeast }) => {
    const row = rows.find((each) => each.engine === engine && each.threads === 2);
    const ratio = row && ratioToPeer(row, against);
    const wanted = `${engine} 2T: at least ${formatNumber(atLeast)}× ${against} is asked`;
    if (!ratio) return `${wanted}, not measured`;
    return `${wanted}, ${formatRatio(ratio)} measured: ${ratio.median >= atLeast ? "reached" : "missed"}`;
  });
}

/** A line for each row: time, speed, its part of the ceiling, and how many times as fast as the best form of each peer. */
export function convReport(rows: readonly Row[]): string {
  const [first] = rows as [Row];
  const ratios = rows.flatMap(({ timesAsFast = [] }) => timesAsFast.map(({ engine }) => engine.split(",")[0]!));
  const peers = [...new Set(ratios)];
  const workload =
    first.task!.form === undefined ? first.workload : first.workload.replace(`, ${first.task!.form}`, "");
  const header = [workload, "threads", "ms (min–max)", "GFLOP/s", "of ceiling", ...peers.map((peer) => `× ${peer}`)];
  const lines = rows
    .filter((row) => !isCeiling(row))
    .map((row) => {
      const part = ofCeiling(row, rows);
      return [
        `  ${[row.engine, row.task!.form].filter(Boolean).join(", ")}`,
        `${row.threads}`,
        `${formatNumber(row.value)} (${formatNumber(row.min)}–${formatNumber(row.max)})`,
        formatNumber(row.gflops!),
        part === undefined ? "" : `${Math.round(100 * part)} %`,
        ...peers.map((peer) => {
          const ratio = ratioToPeer(row, peer);
          return ratio ? formatRatio(ratio) : "";
        }),
      ];
    });
  const bounds = rows
    .filter(isCeiling)
    .map(({ engine, threads, gflops }) => `  ${engine} ${threads}T: ${formatNumber(gflops!)} GFLOP/s`);
  return [align([header, ...lines]), ...bounds, ...convVerdicts(rows).map((line) => `  ${line}`)].join("\n");
}
