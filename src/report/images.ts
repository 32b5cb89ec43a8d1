import { type ImageForm, imageForm } from "../data/images/form.ts";
import type { Row } from "../describe/index.ts";
import { showShape } from "../graph/ndarray.ts";
import { escapeXml, imageGrid } from "../plots/index.ts";
import type { FeatureMaps, MapsOfLayers } from "./gather/feature-maps.ts";
import type { Filters } from "./gather/filters.ts";
import { figure, htmlTable } from "./page.ts";

/** The form of inputs that are drawn: images of one channel, or of red, green and blue. */
export function drawnForm(inputShape: readonly number[]): (ImageForm & { readonly channels: 1 | 3 }) | undefined {
  const form = imageForm(inputShape);
  return form?.channels === 1 || form?.channels === 3 ? { ...form, channels: form.channels } : undefined;
}

/** Pixels that a picture is about as wide as. */
const WIDE = 464;

/** What the first convolution looks for, an image a feature. */
export async function filterFigure({ name, images, features, ...size }: Filters, run: string): Promise<string> {
  const { height, width, channels } = size;
  const columns = Math.min(8, images.length);
  const isColour = channels === 3;
  const image = await imageGrid(images, {
    title: `Filters of ${name}, ${run}`,
    ...{
      width,
      height,
      columns,
      scale: Math.min(8, WIDE / (columns * (width + 1))),
      channels,
      colours: "diverging",
    },
  });
  const which = images.length < features ? `${images.length} of ${features}` : `all ${features}`;
  const colours = isColour
    ? "grey is zero; a channel is bright where its weight is positive, dark where it is negative"
    : "blue is positive, orange negative, white zero";
  return `<div class="weights">${figure(
    image,
    `Filters of ${name}, ${which}: the weights of each feature, ${height} × ${width}, scaled by its own largest; ${colours}.`,
  )}</div>`;
}

/** What channels output for a few examples: a picture for each layer, a row an example. `run` stands before what is said of it. */
export async function mapFigures(
  { inputs, layers }: MapsOfLayers,
  inputShape: readonly number[],
  run = "",
): Promise<string> {
  const size = drawnForm(inputShape);
  const examples =
    size &&
    (await imageGrid(inputs, {
      ...{ title: "The first test images", ...size, columns: 1, colours: "gray" },
    }));
  return (await Promise.all(layers.map((layer) => mapFigure(layer, examples, run)))).join("");
}

async function mapFigure(layer: FeatureMaps, examples: string | undefined, run: string): Promise<string> {
  const { name, maps, height, width, channels, dead, of, samples } = layer;
  const shown = maps[0]!.length;
  const images = maps.flat();
  const isShare = images.every((image) => image.every((value) => value >= 0 && value <= 1));
  const grid = await imageGrid(images, {
    ...{ title: `What ${shown} channels of ${name} output`, width, height, columns: shown },
    ...{ scale: WIDE / (shown * (width + 1)), colours: isShare ? "gray" : "diverging" },
  });
  const which = shown < channels ? `${shown} of its ${channels} channels` : `its ${channels} channels`;
  const drawn = samples > 1 ? `the mean of ${samples} noise samples` : "which draws no noise";
  const colours = isShare
    ? "black is 0, white 1"
    : "blue is positive, orange negative, white zero, each by its own largest";
  const silent = `${dead === 0 ? "No channel is" : dead === 1 ? "1 channel is" : `${dead} channels are`} dead: 0 at every place of ${of.toLocaleString("en-US")} test images.`;
  const beside = examples === undefined ? "" : `<div style="flex:1 1 0">${examples}</div>`;
  return figure(
    `<div class="maps">${beside}<div style="flex:${shown} 1 0">${grid}</div></div>`,
    `${run}Feature maps of ${name}: what ${which} output for the first ${maps.length} test images, a row each, ${drawn}; ${colours}. ${silent}`,
  );
}

/** The layers of a network, with what they cost. `run` stands before what is said of it. */
export function layerTable(rows: readonly Row[], run = ""): string {
  const count = (n: number): string => n.toLocaleString("en-US");
  const cells = rows.map(({ layer, kind, output, parameters, multiplyAdds }) => [
    ...[layer, kind, showShape(output), count(parameters), count(multiplyAdds)],
  ]);
  const total = (of: "parameters" | "multiplyAdds"): string => count(rows.reduce((sum, row) => sum + row[of], 0));
  const table = htmlTable([
    ["layer", "kind", "output", "parameters", "multiply-adds"],
    ...cells,
    ["total", "", "", total("parameters"), total("multiplyAdds")],
  ]);
  return `<details><summary>${escapeXml(run)}Layers: parameters, and multiply-adds of one example, forward</summary>${table}</details>`;
}
