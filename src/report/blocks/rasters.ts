import { heatMap, numberText } from "../../plots/index.ts";
import type { Raster } from "../gather/raster.ts";
import { figure } from "../page.ts";
import { type Block, ofRun, sectionOf } from "./block.ts";

/** What single units output. */
export const rasters: Block = {
  name: "rasters",
  title: "What single units output",
  reads:
    "A row for each unit, spread evenly over the layer. Columns are test examples in groups of one class, or the steps of a sequence, one group for each sequence, with its class above. Units sample as in training. A unit that is the same in all columns says nothing; one that is full in one group only tells its class.",
  async draw({ runs }) {
    const figures = runs.flatMap(({ name, rasters: all = [] }) =>
      all.map(async (raster) => {
        const { layer, rows, groups, along, shows, noun, units } = raster;
        const which = rows.length < units ? `${rows.length} of ${units} ${noun}` : `${units} ${noun}`;
        const picture = await heatMap(rows, {
          title: ofRun(runs, name, finding(raster)),
          ...{ x: along === "steps" ? "steps of test sequences" : "test examples", y: `${which} of ${layer}` },
          value: shows === "spikes" ? "spike" : "output",
          ...{ groups, row: Math.max(4, Math.min(9, 280 / Math.max(1, rows.length))) },
        });
        return figure(picture, `${which[0]!.toUpperCase()}${which.slice(1)} of ${layer}, one draw of each.`);
      }),
    );
    return sectionOf(rasters, await Promise.all(figures));
  },
};

/** How often units output something, and how many of those shown never do. */
function finding({ layer, rows, shows, noun }: Raster): string {
  const all = rows.flatMap((row) => Array.from(row)).filter(Number.isFinite);
  const share = all.filter((value) => value !== 0).length / all.length;
  const silent = rows.filter((row) => row.every((value) => value === 0)).length;
  const verb = shows === "spikes" ? "spike" : noun === "gates" ? "are open" : "output something";
  const what = `${noun[0]!.toUpperCase()}${noun.slice(1)} of ${layer}`;
  if (!(share < 1)) return `${what} ${verb} in every column`;
  return `${what} ${verb} in ${numberText(100 * share, 2)}% of the columns${silent > 0 ? `; ${silent} of ${rows.length} never` : ""}`;
}
