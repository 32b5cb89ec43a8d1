/** What a contest of the conditional layer amounts to: a table, and whether what was asked of it is reached. */
import type { Ratio, Row } from "../../rows.ts";
import { align, formatNumber, formatRatio } from "../../table.ts";
import { percent } from "../../workloads/conditional.ts";

/** The layer whose ratios are asked for. */
const ASKED = { batch: 256, input: 1024, blocks: 64, width: 64, output: 1024 } as const;

interface Claim {
  density: number;
  engine: string;
  /** To its own dense product, or to PyTorch's best form. */
  against: "dense" | "PyTorch";
  atLeast: number;
}

/** What skipping must be worth on two threads at 10 %. */
const claims: readonly Claim[] = [
  { density: 0.1, engine: "heaviside native", against: "dense", atLeast: 7.5 },
  { density: 0.1, engine: "heaviside native", against: "PyTorch", atLeast: 4 },
  { density: 0.1, engine: "heaviside wasm", against: "PyTorch", atLeast: 1.3 },
];

/** From this density on skipping must not lose more than a twentieth to the dense product. */
const FALLBACK = { density: 0.5, atLeast: 0.95 } as const;

/** The ratio of a row to the dense form of the same engine, or of one of ours to PyTorch's best. */
export const ratioOf = (row: Row, against: "dense" | "PyTorch"): Ratio | undefined =>
  row.timesAsFast?.find(({ engine }) =>
    against === "dense"
      ? engine.startsWith(`${row.engine}, dense`)
      : row.engine !== engine.split(", ", 1)[0] && engine.startsWith("PyTorch"),
  );

const densityOf = ({ task }: Row): number => Number(task!.pairs) / (Number(task!.batch) * Number(task!.blocks));

/** A line for each claim on these rows: the figure, and whether it is reached. */
export function verdicts(rows: readonly Row[]): string[] {
  const [{ task }] = rows as [Row];
  const isAsked = Object.entries(ASKED).every(([name, size]) => task![name] === size);
  const skipping = rows.filter((row) => row.task!.form === "skip");
  const lines = isAsked
    ? claims
        .filter(({ density }) => density === task!.density)
        .map(({ engine, against, atLeast }) => {
          const row = skipping.find((each) => each.engine === engine && each.threads === 2);
          return verdict(`${engine} 2T, skip`, row && ratioOf(row, against), against, atLeast);
        })
    : [];
  const fallback =
    Number(task!.density) >= FALLBACK.density
      ? skipping.map((row) =>
          verdict(`${row.engine} ${row.threads}T, skip`, ratioOf(row, "dense"), "dense", FALLBACK.atLeast),
        )
      : [];
  return [...lines, ...fallback];
}

function verdict(who: string, ratio: Ratio | undefined, against: Claim["against"], atLeast: number): string {
  const wanted = `${who}: at least ${atLeast}× ${against === "dense" ? "its own dense layer" : "PyTorch's best form"} is asked`;
  if (!ratio) return `${wanted}, not measured`;
  return `${wanted}, ${formatRatio(ratio)} measured: ${ratio.median >= atLeast ? "reached" : "missed"}`;
}

/** A line for each row: time, speed of the work done, how many times as fast as the dense layer and as PyTorch's best form. */
export function layerReport(rows: readonly Row[]): string {
  const [first] = rows as [Row];
  const workload = first.workload.replace(/, [^,]*$/, "");
  const header = [workload, "threads", "ms (min–max)", "GFLOP/s done", "× own dense", "× best PyTorch"];
  const lines = rows.map((row) => {
    const [own, best] = [ratioOf(row, "dense"), ratioOf(row, "PyTorch")];
    return [
      `  ${row.engine}, ${row.task!.form}`,
      `${row.threads}`,
      `${formatNumber(row.value)} (${formatNumber(row.min)}–${formatNumber(row.max)})`,
      formatNumber(row.gflops!),
      own ? formatRatio(own) : "",
      best ? formatRatio(best) : "",
    ];
  });
  const density = densityOf(first);
  const ideal = `  ${percent(density)} of the pairs are open: skipping all of the others would be ${formatNumber(1 / density)}× the dense layer`;
  return [align([header, ...lines]), ideal, ...verdicts(rows).map((line) => `  ${line}`)].join("\n");
}
