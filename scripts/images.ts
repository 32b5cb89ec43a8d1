// docs/explanation/binary-convolutions.md and its picture from files in bench/results: node --conditions=@heaviside/source --import tsx scripts/images.ts
// [--write] prints or writes them; a test holds them to the files. --take NAME FOLDER makes a study's results, in its folder, those of NAME: images,
// images-fashion or images-placement.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { imagesMarkdown, imagesPicture } from "../src/experiments/images/page.ts";
import type { Arm } from "../src/experiments/images/plan.ts";
import type { ImagesResults } from "../src/experiments/images/results.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

export const PAGE = "docs/explanation/binary-convolutions.md";
export const PICTURE = "docs/pictures/binary-convolutions.svg";
const names = ["images", "images-fashion", "images-placement"] as const;

/** Results as a study's folder has them. */
type Kept = ImagesResults & { readonly command: string; readonly made: { readonly [name: string]: string } };

const fileOf = (name: string): string => `${root}bench/results/${name}.json`;
const resultsIn = (file: string): Kept => JSON.parse(readFileSync(file, "utf8"));
export const committed = (): Kept[] => names.map((name) => resultsIn(fileOf(name)));

const said = ({ command, made }: Kept): string =>
  `Figures are those of \`${command}\` (${Object.values(made).join("; ")}).`;

/** docs/explanation/binary-convolutions.md */
export const pageOf = ([images, fashion, placement]: readonly Kept[]): string =>
  `${[
    "# Convolutions of binary units",
    [images!, fashion!].map(answerOf).join(" "),
    "![Test error of each network](../pictures/binary-convolutions.svg)",
    ...[images!, fashion!].flatMap((results) => [said(results), imagesMarkdown(results)]),
    "## What lets them train",
    "Three places in a convolutional network are made for units that let numbers through, and stop units that fire by chance.",
    "- **Max pooling.** The largest of four fair coins is 1 in 15 of 16 cases, whatever the image. Units that stand behind the pooling draw once for each of its windows, and their chance to fire is that of the largest input. They take a quarter of the draws, too.",
    "- **Batch normalisation.** It gives units inputs of deviation 1. Most chances to fire then lie between 0.27 and 0.73, and what a unit sends is mostly noise. The next layer averages over it, and loses a part of the image with each layer. With a first scale of 3 (`normalise:gain=3`) the same inputs fire with 0.05 and 0.95.",
    `- **The readout.** In training a unit sends 0 or 1, in the deterministic readout its chance to fire, which varies less. Normalised by the variance of what is sent in training, the numbers of the readout are too near to 0, layer by layer. So the readout has a mean and a variance of its own, over 5,000 training examples, fitted before each validation. With the running ones in their place ${[images!, fashion!].map(runningOf).join(", and ")}.`,
    said(placement!),
    imagesMarkdown(placement!, { timed: false }),
    "`--model conv`, `lenet`, `vgg` and `resnet` see to all of it by themselves ([Train a convolutional network](../how-to/convolutional.md)).",
  ].join("\n\n")}\n`;

const words: { readonly [arm in Arm]?: string } = {
  "half closed": "half of the channels closed",
  "half as wide": "half as many channels",
};

/** The answer in a sentence for each data set. */
function answerOf({ plan, arms }: ImagesResults): string {
  const sentences = plan.data.map((data) => {
    const own = arms.filter((arm) => arm.data === data);
    const errors = own.map(({ arm, mean }) => `${mean.toFixed(2)} % with ${words[arm] ?? arm}`);
    return `On ${data} the test error is ${[errors.slice(0, -1).join(", "), errors.at(-1)].join(" and ")} (${plan.seeds} seeds each).`;
  });
  const closed = arms.find(({ arm }) => arm === "half closed");
  const times = closed?.timesAsFast.map((ratio) => ratio.toFixed(1));
  const speed = times ? [`With half of its channels closed, a network trains ${times[0]} times and reads ${times[1]} times as fast.`] : []; // biome-ignore format: one line
  const wide = arms.find(({ arm }) => arm === "half as wide");
  const pays = closed && wide && wide.mean <= closed.mean && wide.timesAsFast[1] >= closed.timesAsFast[1] ? ["Gates do not pay here: half as many channels without gates err less, and are faster."] : []; // biome-ignore format: one line
  return [...sentences, ...speed, ...pays].join(" ");
}

/** What the running moments cost. */
function runningOf({ plan, arms }: ImagesResults): string {
  const binary = arms.find(({ arm }) => arm === "binary units");
  if (!binary?.running) throw new Error("binary units must have been read with running moments, too");
  const running = binary.running.reduce((sum, error) => sum + error, 0) / binary.running.length;
  return `the test error on ${plan.data[0]} is ${running.toFixed(2)} % and not ${binary.mean.toFixed(2)} %`;
}

/** docs/pictures/binary-convolutions.svg */
export const pictureOf = ([images, fashion]: readonly Kept[]): Promise<string> =>
  imagesPicture({
    plan: { ...images!.plan, data: [images!, fashion!].flatMap(({ plan }) => plan.data) },
    arms: [images!, fashion!].flatMap(({ arms }) => arms),
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , flag, name, folder] = process.argv;
  if (flag === "--take")
    writeFileSync(fileOf(name!), `${JSON.stringify(resultsIn(`${folder}/results.json`), undefined, 1)}\n`);
  else if (flag === "--write") {
    const results = committed();
    writeFileSync(root + PAGE, pageOf(results));
    writeFileSync(root + PICTURE, `${await pictureOf(results)}\n`);
  } else process.stdout.write(pageOf(committed()));
}
