import type { ImageForm } from "../../data/images/form.ts";
import { escapeXml, imageGrid, numberText } from "../../plots/index.ts";
import type { Mistake, Mistakes } from "../gather/mistakes.ts";
import { drawnForm } from "../images.ts";
import { type Block, sectionOf } from "./block.ts";

/** Misclassified images of each of several runs. */
const FEW = 12;

/** The test images that each run gets wrong, the ones of which it is most certain first. */
export const mistakes: Block = {
  name: "mistakes",
  title: "Misclassified test images",
  reads:
    "Under each image: its class → the class that the network predicts, with its probability; deterministic readout.",
  async draw({ runs, inputShape }) {
    const form = drawnForm(inputShape);
    if (!form) return [];
    const sheets = runs.flatMap(({ name, mistakes: found }) =>
      found && found.count > 0 ? [sheetOf(found, form, runs.length > 1 ? name : undefined)] : [],
    );
    return sectionOf(mistakes, await Promise.all(sheets));
  },
};

type Form = ImageForm & { readonly channels: 1 | 3 };

/** @param run its name, where a page has several */
async function sheetOf(
  { count, examples, shown: all }: Mistakes,
  form: Form,
  run: string | undefined,
): Promise<string> {
  const shown = all.slice(0, run === undefined ? all.length : FEW);
  const images = await Promise.all(shown.map((mistake) => mistakeFigure(mistake, form)));
  const title = run === undefined ? "" : `${run}: `;
  const text = `${title}${count.toLocaleString("en-US")} of ${examples.toLocaleString("en-US")} test images are misclassified; ${shown.length === count ? "all of them, the most certain first" : `the ${shown.length} of which the network is most certain`}:`;
  const sheet = `<div class="sheet">${images.join("")}</div>`;
  return run === undefined
    ? `<p>${escapeXml(text)}</p>${sheet}`
    : `<details><summary>${escapeXml(text)}</summary>${sheet}</details>`;
}

async function mistakeFigure({ example, input, truth, predicted, probability }: Mistake, form: Form): Promise<string> {
  const said = `${truth} → ${predicted}, ${numberText(100 * probability, 3)} %`;
  const image = await imageGrid([input], {
    title: `Test image ${example}: ${said}`,
    ...{ ...form, columns: 1, scale: Math.min(3, 84 / form.width), colours: "gray" },
  });
  return `<figure>${image}<figcaption>${escapeXml(said)}</figcaption></figure>`;
}
