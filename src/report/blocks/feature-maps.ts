import { mapFigures } from "../images.ts";
import { type Block, ofRun, sectionOf } from "./block.ts";

/** What layers of units over images output. */
export const featureMaps: Block = {
  name: "feature-maps",
  title: "Feature maps",
  reads:
    "The first test images, and what channels of the first two layers of units over images output for each of them. A channel that is the same everywhere tells nothing of the image.",
  async draw({ runs, inputShape }) {
    const parts = runs.flatMap(({ name, maps }) => (maps ? [mapFigures(maps, inputShape, ofRun(runs, name, ""))] : []));
    return sectionOf(featureMaps, await Promise.all(parts));
  },
};
