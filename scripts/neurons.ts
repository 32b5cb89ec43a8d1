// docs/explanation/neurons.md and its pictures from bench/results/neurons.json, or from the folder of a study by `npx heaviside experiment neurons`:
// node --conditions=@heaviside/source --import tsx scripts/neurons.ts [FOLDER] [--write] prints the page, or writes it, the pictures and the results.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { curvesPicture, handPicture, learnedPicture, solvedPicture } from "../src/experiments/neurons/pictures.ts";
import type { NeuronsResults } from "../src/experiments/neurons/results.ts";
import { neuronsMarkdown, titleOf } from "../src/experiments/neurons/words.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

export const PAGE = "docs/explanation/neurons.md";
export const RESULTS = "bench/results/neurons.json";

/** Results as a study's folder has them. */
type Kept = NeuronsResults & { readonly command: string; readonly made: { readonly [name: string]: string } };

export const resultsIn = (file: string): Kept => JSON.parse(readFileSync(file, "utf8"));

/** The pictures by the names of their files, each with what it shows. */
export async function pictures(results: NeuronsResults): Promise<[file: string, shows: string, svg: string][]> {
  const file = (name: string): string => `neurons-${name.replaceAll(" ", "-")}`;
  return [
    [file("hand"), "A context that lengthens τ, and the same in an LSTM's forget gate", await handPicture(results)],
    [file("solved"), "Test error in per cent of the trivial baseline's", await solvedPicture(results)],
    ...(await Promise.all(
      results.times.map(async (found): Promise<[string, string, string]> => {
        const shows = `One unit of ${titleOf(found.variant)}, trained to add`;
        return [file(found.variant), shows, await learnedPicture(found)];
      }),
    )),
    ...(await Promise.all(
      results.problems.map(async (found): Promise<[string, string, string]> => {
        return [file(found.name), `Validation errors along the training on ${found.name}`, await curvesPicture(found)];
      }),
    )),
  ];
}

/** docs/explanation/neurons.md */
export const pageOf = (
  results: Kept,
  shown: readonly (readonly [file: string, shows: string, svg: string])[],
): string =>
  `${[
    "# Gates as neurons",
    "A gate is a small neuron that acts on another one. Cells differ in which gates they have, and in what those read. This page shows which cells can remember: which of them solve two tasks that need it.",
    ...shown.slice(0, 2).map(image),
    `Figures are those of \`${results.command}\` (${Object.values(results.made).join("; ")}).`,
    neuronsMarkdown(results),
    "## One unit each, and learning curves",
    ...shown.slice(2).map(image),
  ].join("\n\n")}\n`;

const image = ([file, shows]: readonly [file: string, shows: string, svg: string]): string =>
  `![${shows}](../pictures/${file}.svg)`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2).filter((given) => !given.startsWith("--"));
  const results = resultsIn(folder === undefined ? root + RESULTS : `${folder}/results.json`);
  const shown = await pictures(results);
  if (process.argv.includes("--write")) {
    mkdirSync(`${root}docs/pictures`, { recursive: true });
    for (const [file, , svg] of shown) writeFileSync(`${root}docs/pictures/${file}.svg`, `${svg}\n`);
    writeFileSync(root + PAGE, pageOf(results, shown));
    writeFileSync(root + RESULTS, `${JSON.stringify(results)}\n`);
  } else process.stdout.write(pageOf(results, shown));
}
