// The tables and pictures of docs/explanation/benchmarks.md that come from files in bench/results: node --conditions=@heaviside/source --import tsx
// scripts/benchmarks.ts [--write] prints or writes the page; a test holds it to the files. `<!-- name -->` begins a table.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { elboPicture, variancePicture, withError } from "../src/experiments/autoencoder/page.ts";
import { publishedElbo } from "../src/experiments/autoencoder/protocol.ts";
import { type Measured, verdicts } from "../src/experiments/orderings.ts";
import { wideMarkdown } from "../src/experiments/wide/page.ts";
import type { WideResults } from "../src/experiments/wide/results.ts";
import { intervalChart } from "../src/plots/index.ts";
import { lowestInWords } from "../src/report/index.ts";
import { highMedian } from "../src/statistics/sample.ts";
import { withSections } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGE = "docs/explanation/benchmarks.md";
const read = <T>(file: string): T => JSON.parse(readFileSync(`${root}bench/results/${file}.json`, "utf8"));

type Place = Measured & { readonly step: number };
interface Autoencoders {
  readonly command: string;
  readonly settings: {
    readonly data: "mnist" | "fashion-mnist";
    readonly network: "linear" | "nonlinear";
    readonly layers: number;
  };
  readonly results: readonly {
    readonly label: string;
    readonly config: { readonly name: string };
    readonly trainElbo: number;
    readonly testElbo: number;
    readonly testBound: number;
    readonly curve: readonly { readonly step: number; readonly elbo: number }[];
    readonly variance: readonly Place[];
    readonly common: readonly Place[];
  }[];
}

/** Final figures of one comparison, with the published ones where there are any. */
function autoencoders(file: string): string {
  const { command, settings, results } = read<Autoencoders>(file);
  const { data, network, layers } = settings;
  const rows = results.map(({ label, config, trainElbo, testElbo, testBound, variance, common }) => {
    const known = publishedElbo(data, network, layers, config.name);
    const figures = [trainElbo, testElbo, testBound].map((x) => x.toFixed(2));
    return [label, ...figures, withError(variance.at(-1)!), withError(common.at(-1)!), known?.toFixed(2) ?? ""];
  });
  const head = ["estimator", "train ELBO", "test ELBO", "test bound", "variance, own", "variance, common", "published"];
  return `\`${command}\`\n\n${markdownTable([head, ...rows])}`;
}

/** At how many places of the common training each reported order is seen or contradicted, and by how much. */
function orders(files: Readonly<Record<string, string>>): string {
  const found = Object.values(files).map((file) => {
    const { results } = read<Autoencoders>(file);
    return results[0]!.common.map((_, i) =>
      verdicts(results.map(({ config, common }) => ({ config, at: common[i]! }))),
    );
  });
  const named = ({ name, samples }: { name: string; samples?: number }) =>
    samples === undefined ? name : `${name}, K = ${samples}`;
  const rows = found[0]![0]!.map(({ lower, higher }, o) => [
    `${named(lower)} below ${named(higher)}`,
    ...found.map((places) => {
      const here = places.map((all) => all[o]!);
      const count = (what: string) => here.filter(({ verdict }) => verdict === what).length;
      const ratios = [here[0]!, here.at(-1)!].map(({ ratio }) => ratio.toFixed(2));
      return `${ratios.join(" → ")}; ${count("seen")} seen, ${count("contradicted")} contradicted of ${here.length}`;
    }),
  ]);
  return markdownTable([["reported: the first varies less than the second", ...Object.keys(files)], ...rows]);
}

interface Speed {
  readonly workload: string;
  readonly engine: string;
  readonly threads: number;
  readonly value: number;
  readonly values: readonly number[];
  readonly timesAsFast?: readonly { readonly median: number }[];
}

/** Training steps a second with each estimator, those that PyTorch has beside it. */
function speed(): string {
  const rows = read<Speed[]>("estimators");
  const nameOf = ({ workload }: Speed) => workload.split(", ").at(-1)!;
  const find = (engine: string, threads: number, name: string) =>
    rows.find((row) => row.engine.startsWith(engine) && row.threads === threads && nameOf(row) === name)!;
  const engines = ["heaviside native", "heaviside wasm", "PyTorch"];
  const common = rows.filter((row) => row.engine.startsWith("PyTorch") && row.threads === 1).map(nameOf);
  const lines = common.map((name) => {
    const ratio = (threads: number) => {
      const [ours, theirs] = [find("heaviside native", threads, name), find("PyTorch", threads, name)];
      return highMedian(ours.values.map((x, i) => x / theirs.values[i]!)).toFixed(2);
    };
    const both = engines.map((e) => `${find(e, 1, name).value.toFixed(0)} (${find(e, 2, name).value.toFixed(0)})`);
    return [`\`${name}\``, ...both, `${ratio(1)} (${ratio(2)})`];
  });
  const head = ["training steps/s, one thread (two)", "native", "wasm", "PyTorch", "native ÷ PyTorch"];
  const others = rows
    .filter((row) => row.engine === "heaviside native" && row.threads === 1 && !common.includes(nameOf(row)))
    .map((row) => ({ name: nameOf(row), share: row.timesAsFast![0]!.median }))
    .sort((a, b) => b.share - a.share)
    .map(({ name, share }) => `\`${name}\` ${(100 * share).toFixed(0)} %`);
  const said = "The others, as shares of the deterministic network's speed (native, one thread)";
  return `${markdownTable([head, ...lines])}\n\n${said}: ${others.join(", ")}.`;
}

/** The wide network of gated blocks: test errors and times. */
function wide(): string {
  const { command, ...results } = read<WideResults & { readonly command: string }>("wide");
  // What other processes did is in the file.
  const times = results.times.map((on) => ({
    ...on,
    timings: on.timings.map((timing) => ({ ...timing, others: [] })),
  }));
  return `\`${command}\`\n\n${wideMarkdown({ ...results, times })}`;
}

const sections: Readonly<Record<string, () => string>> = {
  "mnist linear": () => autoencoders("autoencoder-mnist"),
  "fashion-mnist linear": () => autoencoders("autoencoder-fashion-mnist"),
  "mnist nonlinear": () => autoencoders("autoencoder-mnist-nonlinear"),
  "mnist two layers": () => autoencoders("autoencoder-mnist-two-layers"),
  orders: () =>
    orders({
      "MNIST, linear": "autoencoder-mnist",
      "Fashion-MNIST, linear": "autoencoder-fashion-mnist",
      "MNIST, non-linear": "autoencoder-mnist-nonlinear",
    }),
  speed,
  wide,
};

/** The page with every table as the files have it. Throws where a table has no place. */
export function withTables(page: string): string {
  return withSections(PAGE, page, sections);
}

interface Toys {
  readonly results: readonly {
    readonly label: string;
    readonly units: number;
    readonly target: number;
    readonly settled: { readonly variance: number; readonly error: number };
  }[];
}

/** Gradient variances of the toy of most bits at logits 0, with two standard errors. */
function toyPicture(): Promise<string> {
  const { results } = read<Toys>("toys");
  const units = Math.max(...results.map((result) => result.units));
  const target = 0.45;
  const rows = results
    .filter((result) => result.units === units && result.target === target)
    .map(({ label, settled: { variance: value, error } }) => ({
      ...{ name: label, value, low: value - 2 * error, high: value + 2 * error },
    }))
    .sort((a, b) => a.value - b.value);
  return intervalChart(rows, {
    title: lowestInWords(`gradient variance, ${units} bits, t = ${target}, logits 0`, rows),
    x: "variance of one estimate of a bit's gradient",
  });
}

/** The page's pictures by their files. */
export async function pictures(): Promise<[file: string, svg: string][]> {
  const { results } = read<Autoencoders>("autoencoder-mnist");
  const drawn: [string, Promise<string>][] = [
    ["toy-variance", toyPicture()],
    ["autoencoder-elbo", elboPicture(results)],
    ["autoencoder-variance", variancePicture(results, "common")],
  ];
  return Promise.all(
    drawn.map(async ([name, svg]): Promise<[string, string]> => [`docs/pictures/${name}.svg`, `${await svg}\n`]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = withTables(readFileSync(`${root}${PAGE}`, "utf8"));
  if (process.argv.includes("--write")) {
    writeFileSync(`${root}${PAGE}`, page);
    for (const [file, svg] of await pictures()) writeFileSync(root + file, svg);
  } else console.log(page);
}
