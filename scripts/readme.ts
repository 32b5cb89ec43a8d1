// README's picture and its three numbers, from files in bench/results: node --conditions=@heaviside/source --import tsx scripts/readme.ts [--write]
// prints or writes them; a test holds README to the files. --train trains the network of the picture first, which takes ten seconds.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ratioOf } from "../bench/subjects/conditional/report.ts";
import { committed, type Measured } from "./conditional.ts";
import { type Digit, picture, trainDigit } from "./readme-picture.ts";
import { withSections } from "./sections.ts";
import { readResults, RESULTS as SPEED } from "./speed.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGE = "README.md";
const DIGIT = "bench/results/digit.json";
export const PICTURE = "docs/pictures/heaviside.svg";

const json = <T>(file: string): T => JSON.parse(readFileSync(root + file, "utf8"));

/** A layer of gated blocks of which a tenth is open, on two native threads: dense, and with closed blocks skipped. */
function layerRow(form: "dense" | "skip"): Measured {
  const wanted = { part: "layer", form, density: 0.1 } as const;
  return committed().layer.find(
    ({ engine, threads, task }) =>
      engine === "heaviside native" &&
      threads === 2 &&
      Object.entries(wanted).every(([key, value]) => task![key] === value),
  )!;
}

/** How many times as fast as PyTorch a training step is, on two threads. */
function stepRatio(): number {
  const step = readResults(SPEED).find(
    ({ engine, threads, workload }) =>
      engine === "heaviside native" && threads === 2 && workload.startsWith("step 784-2000-2000-10"),
  )!;
  return step.timesAsFast!.find(({ engine }) => engine === "PyTorch")!.median;
}

interface Slowness {
  readonly shares: {
    readonly nll: {
      readonly shares: readonly { readonly reason: string; readonly share: { readonly value: number } }[];
    };
  };
}

/** What gradient noise explains of the gap between sigmoid and binary neurons, in per cent. */
function noiseShare(): string {
  const { shares } = json<Slowness>("bench/results/slowness.json").shares.nll;
  return (100 * shares.find(({ reason }) => reason === "noise")!.share.value).toFixed(0);
}

const claims = (): string =>
  [
    [
      `**Closed blocks are skipped.** With 10 % of its blocks open, a layer runs **${ratioOf(layerRow("skip"), "dense")!.median.toFixed(1)} times** as`,
      "fast as computed in full: `npm run bench -- conditional`.",
      "[What skipping saves](docs/explanation/conditional.md)",
    ],
    [
      `**The engine is fast.** A training step of 784-2000-2000-10 runs **${stepRatio().toFixed(1)} times** as fast`,
      "as in PyTorch 1.13: `npm run bench -- step --peers`. [Speed](docs/reference/speed.md)",
    ],
    [
      "**It answers questions.** Of the training loss that binary neurons lose to sigmoids, gradient",
      `noise explains **${noiseShare()} %**: \`npx heaviside experiment slowness\`.`,
      "[Findings](docs/explanation/findings.md#why-binary-neurons-train-slowly)",
    ],
  ]
    .map((lines) => `- ${lines.join("\n  ")}`)
    .join("\n");

/** README with its numbers as the files have them. */
export const withClaims = (page: string): string => withSections(PAGE, page, { claims });

export const drawn = (): string => {
  const [dense, skip] = [layerRow("dense").value, layerRow("skip").value];
  return picture(json<Digit>(DIGIT), { dense, skip });
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--train")) writeFileSync(root + DIGIT, `${JSON.stringify(await trainDigit())}\n`);
  const page = withClaims(readFileSync(root + PAGE, "utf8"));
  if (process.argv.includes("--write")) {
    writeFileSync(root + PICTURE, drawn());
    writeFileSync(root + PAGE, page);
  } else console.log(page);
}
