import { barChart, numberText } from "../../plots/index.ts";
import type { LayerWork, SkippedWork } from "../gather/work.ts";
import { layerTable } from "../images.ts";
import { figure, htmlTable } from "../page.ts";
import { type Block, ofRun, sectionOf } from "./block.ts";

/** Layers of the largest picture. */
const MOST = 30;

/** Multiply-adds that are done and skipped. */
export const cost: Block = {
  name: "cost",
  title: "Cost",
  reads:
    "Multiply-adds of one example at inference, by layer: bars are those that are done on validation examples; the number behind a name is what all of the layer would take. Elementwise operations are not counted. npx heaviside cost adds the time that it takes.",
  async draw({ runs }) {
    const parts = await Promise.all(
      runs.map(async ({ name, work, layers }) => [
        ...(work && work.layers.length > 0 ? [await bars(ofRun(runs, name, ""), work)] : []),
        ...(work ? [totals(work)] : []),
        ...(layers ? [layerTable(layers, ofRun(runs, name, ""))] : []),
      ]),
    );
    return sectionOf(cost, parts.flat());
  },
};

const thousands = (count: number): string => Math.round(count).toLocaleString("en-US");

async function bars(run: string, { layers, accounts: { inference } }: SkippedWork): Promise<string> {
  const shown = [...layers].sort((a, b) => b.dense - a.dense).slice(0, MOST);
  const isTold = layers.every(({ done }) => done !== undefined);
  const bar = ({ name, done = Number.NaN, dense }: LayerWork) => ({
    name: done < dense ? `${name}, of ${thousands(dense / 1000)}` : name,
    value: (isTold ? done : dense) / 1000,
  });
  const skipped = inference.dense > 0 ? 1 - inference.done / inference.dense : 0;
  const title =
    skipped > 0.0005
      ? `${run}${numberText(100 * skipped, 3)}% of the multiply-adds of inference are skipped`
      : `${run}${thousands(inference.done)} multiply-adds an example, none skipped`;
  const what = `thousand multiply-adds of an example${isTold ? "" : ", with nothing skipped"}`;
  const picture = await barChart(layers.filter((layer) => shown.includes(layer)).map(bar), {
    ...{ title, x: what, digits: inference.dense < 1e5 ? 1 : 0 },
  });
  return figure(
    picture,
    isTold ? "By layer, at inference." : "By layer; what is skipped is known of all layers together.",
  );
}

/** A training step and inference, done against dense. */
function totals({ accounts }: SkippedWork): string {
  const phases = { training: "training step", inference: "inference" } as const;
  const rows = (["training", "inference"] as const).map((phase) => {
    const { done, dense } = accounts[phase];
    return [phases[phase], thousands(done), thousands(dense), done > 0 ? (dense / done).toFixed(2) : "–"];
  });
  return htmlTable([["multiply-adds of an example", "done", "with nothing skipped", "times fewer"], ...rows]);
}
