import { escapeXml, heatMap, imageGrid } from "../../plots/index.ts";
import type { WeightTable } from "../gather/weight-table.ts";
import { drawnForm, filterFigure } from "../images.ts";
import { figure } from "../page.ts";
import type { Report, ReportedRun } from "../report.ts";
import { type Block, ofRun, sectionOf } from "./block.ts";

const IMAGES =
  "One image a unit, each scaled by its own largest weight: blue is positive, orange negative, white zero.";
const COLOURS =
  "One image a unit, each scaled by its own largest weight: grey is zero, and red, green and blue show the weights from the three channels, positive ones brighter, negative ones darker.";

/** What the first layer looks for. */
export const weights: Block = {
  name: "weights",
  title: "Weights of the first layer",
  reads:
    "What a unit of the first layer looks for in its input. Where inputs are images its incoming weights are one; of a table a row is an input made of a column, and a column of the picture is a unit. Noise that looks like no input says that a unit has learned little.",
  async draw({ runs, inputShape }) {
    const parts = await Promise.all(runs.map((run) => partsOf(run, runs, inputShape)));
    return sectionOf(weights, parts.flat());
  },
};

async function partsOf<M extends string>(
  { name, insides, filters, weightTable }: ReportedRun<M>,
  runs: readonly unknown[],
  inputShape: Report["inputShape"],
): Promise<string[]> {
  const form = drawnForm(inputShape);
  const images = insides && insides.weights.length > 0 && form ? insides.weights : [];
  const title = `First-layer weights, ${name}`;
  const sheet =
    form && images.length > 0
      ? `<figure class="weights">${await imageGrid(images, { title, ...{ ...form, columns: 8, scale: Math.min(1.9, 53.2 / form.width) } })}<figcaption>${escapeXml(ofRun(runs, name, form.channels === 3 ? COLOURS : IMAGES))}</figcaption></figure>`
      : "";
  return [
    sheet,
    filters ? await filterFigure(filters, name) : "",
    weightTable ? await matrix(weightTable, ofRun(runs, name, "")) : "",
  ].filter((part) => part !== "");
}

async function matrix({ columns, weights: rows, of }: WeightTable, run: string): Promise<string> {
  const units = rows[0]?.length ?? 0;
  const few = columns.length < of.columns ? `${columns.length} of ${of.columns} inputs, ` : "";
  const picture = await heatMap(rows, {
    title: `${run}${columns[0]} has the largest weights of ${of.columns} ${of.columns === 1 ? "input" : "inputs"}`,
    ...{
      x: `units of the first layer${units < of.units ? `, ${units} of ${of.units}` : ""}`,
      y: "input, by the column that it is made of",
    },
    ...{ names: columns, value: "weight" },
  });
  return figure(
    picture,
    `${few}those with the largest weights first; the table's columns as the network reads them, one input for each value of a text.`.replace(
      /^./,
      (c) => c.toUpperCase(),
    ),
  );
}
