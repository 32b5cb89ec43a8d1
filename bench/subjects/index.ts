import { ablation } from "./ablation.ts";
import { compileTime } from "./compile.ts";
import { conditional } from "./conditional/index.ts";
import { conv } from "./conv/index.ts";
import { estimatorSpeed } from "./estimators.ts";
import { exploreTable } from "./explore.ts";
import { gatedConv } from "./gated-conv.ts";
import { gaterCost } from "./gaters.ts";
import { neighbour } from "./neighbour.ts";
import { overhead } from "./overhead.ts";
import { precision } from "./precision.ts";
import { predictLatency } from "./predict.ts";
import { recurrent } from "./recurrent/index.ts";
import { roofline } from "./roofline/index.ts";
import { skippedSteps } from "./skip.ts";
import { spiking } from "./spiking/index.ts";
import { startup } from "./startup.ts";
import type { Subject } from "./subject.ts";

/** Every subject by the name that the command line takes. */
export const subjects: Readonly<Record<string, Subject>> = {
  startup,
  conditional,
  conv,
  compile: compileTime,
  overhead,
  ablation,
  estimators: estimatorSpeed,
  explore: exploreTable,
  gaters: gaterCost,
  "gated-conv": gatedConv,
  neighbour,
  precision,
  predict: predictLatency,
  recurrent,
  roofline,
  spiking,
  skip: skippedSteps,
};

const usualColumns = [
  "threads  how many the engine was given",
  "ms, or another unit  the median of all rounds, with the least and the most",
];

/** A subject's own help: what it measures, an example, its defaults and its columns. */
export function subjectHelp(name: string): string {
  const { example, about, usual, lists = {}, columns = usualColumns } = subjects[name]!;
  const flags: Readonly<Record<string, string>> = { backends: "--backend", sizes: "sizes" };
  const defaults = Object.entries(usual).flatMap(([option, value]) => {
    if (option === "peers") return ["--peers  no"];
    const text = [value].flat().join(",");
    return text === "" ? [] : [`${flags[option] ?? `--${option}`}  ${text}`];
  });
  const own = Object.keys(lists).map((option) => `--${option}`);
  return [
    `npm run bench -- ${example}\n\n${about}`,
    `usual values\n${[...defaults, "--rounds  5"].map((line) => `  ${line}`).join("\n")}`,
    ...(own.length > 0
      ? [`lists of its own, such as 1,32, each with usual values of its own\n  ${own.join(", ")}`]
      : []),
    `columns\n${columns.map((line) => `  ${line}`).join("\n")}`,
    "npm run bench -- --help prints all options.",
  ].join("\n\n");
}

/** The subjects' part of the help. */
export const subjectsUsage = Object.values(subjects)
  .map(({ example, about }) => `  ${example}\n      ${about}`)
  .join("\n");
