// docs/explanation/findings.md's pictures and the tables between its markers, from files in bench/results: node
// --conditions=@heaviside/source --import tsx scripts/findings.ts [--write] prints or writes them; a test holds the page to the files.
// --train makes straight-through.json anew, --seeds straight-through-mnist.json, --measure straight-through-bias.json: some minutes each.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { barChart, intervalChart, lineChart, waterfall } from "../src/plots/index.ts";
import type { Figure } from "../src/statistics/figure.ts";
import { withSections } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PAGE = "docs/explanation/findings.md";
const TRAININGS = "bench/results/straight-through.json";
const MNIST = "bench/results/straight-through-mnist.json";
const BIAS = "bench/results/straight-through-bias.json";
const json = <T>(file: string): T => JSON.parse(readFileSync(root + file, "utf8"));

/** Plain straight-through with settings in place of --rate 0.1, and the last of them with × σ′. */
const settings = [
  "--rate 0.003",
  "--rate 0.01",
  "--rate 0.03",
  "--rate 0.1",
  "--rate 0.3",
  "--rate 0.03 --max-norm 1",
  "--rate 0.03 --max-norm 3",
  "--rate 0.05 --weight-decay 0.001",
  "--optimizer sgd --rate 0.1",
  "--optimizer adam --rate 0.001",
  "--optimizer adam --rate 0.01 --epochs 30",
] as const;
const COMMON = "--hidden 400 --schedule cosine --no-out --json";

interface Training {
  readonly estimator: string;
  readonly options: string;
  /** Of the test set in per cent, with the deterministic readout. */
  readonly error: number;
}

/** The last line that a command of heaviside prints, as JSON. */
function printed<T>(...args: string[]): T {
  const out = execFileSync(process.execPath, [`${root}bin/heaviside.js`, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(out.trim().split("\n").at(-1)!);
}

function trainAll(): readonly Training[] {
  const one = (estimator: string, options: string): Training => {
    const epochs = options.includes("--epochs") ? "" : "--epochs 8 ";
    const args = `train --estimator ${estimator} ${COMMON} ${epochs}${options}`.split(" ");
    return {
      estimator,
      options,
      error: printed<{ test: { deterministic: { error: number } } }>(...args).test.deterministic.error,
    };
  };
  return [
    ...settings.map((options) => one("straight-through", options)),
    one("straight-through-slope", settings.at(-1)!),
  ];
}

const SEEDS =
  "train --estimator straight-through-slope --hidden 400 --optimizer adam --rate 0.01 --schedule cosine --epochs 30 --no-out --json";

interface Seed {
  readonly seed: number;
  readonly train: { readonly nll: number };
  readonly valid: { readonly error: number };
  readonly test: { readonly [readout in "deterministic" | "stochastic"]: { readonly error: number } };
}

/** The whole of MNIST with three seeds. */
const trainSeeds = (): readonly Seed[] =>
  [1, 2, 3].map((seed) => {
    const { train, valid, test } = printed<Seed>(...SEEDS.split(" "), "--seed", String(seed));
    return { seed, train, valid, test };
  });

function seedTable(): string {
  const lines = json<readonly Seed[]>(MNIST).map(({ seed, train, valid, test }) => {
    const errors = [valid.error, test.deterministic.error, test.stochastic.error].map(
      (error) => `${error.toFixed(2)} %`,
    );
    return [String(seed), ...errors, train.nll.toExponential(1)];
  });
  const head = [
    "seed",
    "validation error",
    "test error, deterministic readout",
    "test error, random outputs",
    "training NLL",
  ];
  return markdownTable([head, ...lines]);
}

const measured = [
  "straight-through-slope",
  "straight-through",
  "as-if-deterministic",
  "gumbel-rao",
  "reinmax",
  "local-expectation",
  "muprop",
  "arms",
  "leave-one-out",
  "disarm",
  "score-function-minimum-variance",
  "score-function",
];
const MEASURE = `measure --at 0,100,1000,6000 --epochs 12 --replicates 20000 --warmup 2000 --estimators ${measured.join(",")}`;

interface Measurement {
  readonly estimator: string;
  readonly bias: Figure;
  readonly biasP: number;
  /** The bias at the best scale. */
  readonly residual: Figure;
  readonly relativeVariance: Figure;
}
interface Bias {
  readonly command: string;
  readonly made: { readonly [name: string]: string };
  readonly points: readonly { readonly at: number; readonly rows: readonly Measurement[] }[];
}

function measureAll(): Bias {
  const out = mkdtempSync(join(tmpdir(), "heaviside-findings-"));
  try {
    execFileSync(process.execPath, [`${root}bin/heaviside.js`, ...`${MEASURE} --out ${out}`.split(" ")], {
      stdio: "inherit",
    });
    const { made, points } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Omit<Bias, "command">;
    const kept = ({ estimator, bias, biasP, residual, relativeVariance }: Measurement) => ({
      estimator,
      bias,
      biasP,
      residual,
      relativeVariance,
    });
    return {
      command: `npx heaviside ${MEASURE}`,
      made,
      points: points.map(({ at, rows }) => ({ at, rows: rows.map(kept) })),
    };
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Estimators whose scale is not the gradient's: their bias is that at the best scale. */
const scaled = new Set(["straight-through", "gumbel-rao"]);
/** The bias in per cent of the gradient; 0 where none was found. */
const biasOf = (row: Measurement): number =>
  row.biasP > 0.001 ? 0 : 100 * (scaled.has(row.estimator) ? row.residual : row.bias).value;

/** Two digits, without a power of ten. */
const short = (value: number): string => (value === 0 ? "0" : value < 100 ? value.toPrecision(2) : value.toFixed(0));
const perCent = (value: number): string => (value === 0 ? "none found" : `${value.toPrecision(2)} %`);

function biasTable(): string {
  const { points } = json<Bias>(BIAS);
  const at = (name: string) => points.map(({ rows }) => rows.find(({ estimator }) => estimator === name)!);
  const lines = measured.map((name) => [
    `\`${name}\`${scaled.has(name) ? ", at its best scale" : ""}`,
    ...at(name).map((row) => perCent(biasOf(row))),
    ...at(name).map(({ relativeVariance }) => short(relativeVariance.value)),
  ]);
  const head = (what: string) => points.map(({ at }, i) => (i === 0 ? `${what} at step ${at}` : String(at)));
  return markdownTable([["", ...head("bias"), ...head("variance")], ...lines]);
}

function trainingTable(): string {
  const lines = json<readonly Training[]>(TRAININGS).map(({ estimator, options, error }) => [
    `\`${estimator}\``,
    `\`${options}\``,
    `${error.toFixed(2)} %`,
  ]);
  return markdownTable([["estimator", "options", "test error"], ...lines], []);
}

interface Share {
  readonly reason: "quantisation" | "bias" | "noise";
  readonly step: Figure;
  readonly share: Figure;
}
interface Arm {
  readonly arm: string;
  readonly nll: Figure;
  readonly testError: Figure;
  readonly readoutTestError: Figure;
  readonly against: { readonly nll: Figure };
}
interface Slowness {
  readonly shares: { readonly nll: { readonly from: Figure; readonly to: Figure; readonly shares: readonly Share[] } };
  readonly parts: { readonly [part in "small" | "large" | "regulariser"]: readonly Arm[] };
}
const slowness = (): Slowness => json("bench/results/slowness.json");
const armIn = (part: keyof Slowness["parts"], name: string): Arm =>
  slowness().parts[part].find(({ arm }) => arm === name)!;

const [BLUE, ORANGE, GREY] = ["#4269d0", "#d97706", "#888888"];
const WIDTH = 440;

/** The pictures by the names of their files. */
const charts: Readonly<Record<string, () => Promise<string>>> = {
  "findings-gap": () => {
    const { from, to, shares } = slowness().shares.nll;
    const names = { quantisation: "output 0 or 1, not p", bias: "derivative is pretended", noise: "gradient is noisy" };
    const colours = { quantisation: ORANGE, bias: BLUE, noise: BLUE };
    const steps = shares.map(({ reason, step }) => ({ name: names[reason], ...step, colour: colours[reason] }));
    const ends = {
      from: { name: "sigmoid neurons", value: from.value },
      to: { name: "binary neurons", value: to.value },
    };
    return waterfall(steps, {
      title: "Binary outputs cost most, gradient noise little",
      x: "training loss, nats",
      ...ends,
      width: WIDTH,
    });
  },
  "findings-arms": () => {
    const arms = {
      threshold: "threshold: 0 or 1, no chance",
      sigmoidNoise: "sigmoid, noisy gradient",
      k16: "binary, 16 samples averaged",
      k1: "binary, 1 sample",
      unbiased: "binary, no bias, 16 samples",
    };
    const items = Object.entries(arms).map(([arm, name]) => ({
      ...{
        name,
        ...armIn("large", arm).against.nll,
        colour: arm === "threshold" || arm === "sigmoidNoise" ? BLUE : ORANGE,
      },
    }));
    return intervalChart(items, {
      title: "Sixteen samples remove an eighth of the loss",
      x: "training loss above sigmoid's, nats",
      width: WIDTH,
    });
  },
  "findings-test-error": () => {
    const arms = { sigmoid: "sigmoid", sigmoidNoise: "sigmoid, noisy gradient", threshold: "threshold", k1: "binary" };
    const bars = Object.entries(arms).map(([arm, name]) => ({
      ...{ name, value: armIn("regulariser", arm).readoutTestError.value, colour: arm === "k1" ? ORANGE : BLUE },
    }));
    return barChart(bars, { title: "Random neurons do better on new digits", x: "test error, %", width: WIDTH });
  },
  "findings-straight-through": () => {
    const bars = json<readonly Training[]>(TRAININGS).map(({ estimator, options, error }) =>
      estimator === "straight-through"
        ? { name: options.replaceAll("--", ""), value: error, colour: BLUE }
        : { name: "the same, × σ′", value: error, colour: ORANGE },
    );
    return barChart(bars, { title: "No setting saves plain straight-through", x: "test error, %", width: WIDTH });
  },
  "findings-bias": () => {
    const { points } = json<Bias>(BIAS);
    const names = {
      "straight-through": BLUE,
      "as-if-deterministic": GREY,
      "straight-through-slope": ORANGE,
      reinmax: "#44a38a",
    };
    const series = Object.entries(names).map(([name, colour]) => ({
      ...{ name, colour },
      points: points.map(({ at, rows }) => ({
        x: at + 1,
        y: biasOf(rows.find(({ estimator }) => estimator === name)!),
      })),
    }));
    const axes = { x: "training step + 1", y: "bias, % of the gradient", log: true, logX: true };
    return lineChart(series, {
      title: "The bias of straight-through grows tenfold in training",
      ...axes,
      width: WIDTH,
      height: 320,
    });
  },
};

/** The pictures, with the paths of their files. */
export const pictures = (): Promise<[file: string, svg: string][]> =>
  Promise.all(
    Object.entries(charts).map(
      async ([name, draw]) => [`docs/pictures/${name}.svg`, `${await draw()}\n`] as [string, string],
    ),
  );

/** The page with its tables as the files have them. */
export const withTables = (page: string): string =>
  withSections(PAGE, page, { mnist: seedTable, "straight-through": trainingTable, bias: biasTable });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--train")) writeFileSync(root + TRAININGS, `${JSON.stringify(trainAll(), null, 1)}\n`);
  if (process.argv.includes("--seeds")) writeFileSync(root + MNIST, `${JSON.stringify(trainSeeds(), null, 1)}\n`);
  if (process.argv.includes("--measure")) writeFileSync(root + BIAS, `${JSON.stringify(measureAll())}\n`);
  const page = withTables(readFileSync(root + PAGE, "utf8"));
  if (process.argv.includes("--write")) {
    for (const [file, svg] of await pictures()) writeFileSync(root + file, svg);
    writeFileSync(root + PAGE, page);
  } else console.log(page);
}
