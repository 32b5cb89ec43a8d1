import { histogram, numberText, scatter } from "../../plots/index.ts";
import { quantile } from "../../statistics/sample.ts";
import type { Estimates } from "../gather/estimates.ts";
import { figure } from "../page.ts";
import { type Block, ofRun, sectionOf } from "./block.ts";

/** Points that are drawn. */
const POINTS = 2000;

/** Predicted numbers beside the true ones. */
export const predicted: Block = {
  name: "predicted",
  title: "Predicted and true",
  reads:
    "A point for each test example, deterministic readout. On the dashed line the prediction is true; a cloud that leans away from it says that large numbers are predicted too small, or small ones too large. The histogram has the errors, predicted less true: one that isn't around 0 says that predictions are too large or too small in general.",
  async draw({ runs }) {
    const figures = runs.flatMap(({ name, estimates = [] }) =>
      estimates.flatMap((of) => {
        const known = finite(of);
        return known.truth.length === 0 ? [] : [cloud(known, ofRun(runs, name, finding(known))), errors(known, ofRun(runs, name, bias(known)))]; // biome-ignore format: one line
      }),
    );
    return sectionOf(predicted, await Promise.all(figures));
  },
};

/** Those of which both are finite. */
function finite({ name, truth, predicted: found }: Estimates): Estimates {
  const rows = Array.from(truth.keys()).filter((row) => Number.isFinite(truth[row]) && Number.isFinite(found[row]));
  return { name, truth: Float32Array.from(rows, (row) => truth[row]!), predicted: Float32Array.from(rows, (row) => found[row]!) }; // biome-ignore format: one line
}

const errorsOf = ({ truth, predicted: found }: Estimates): Float64Array =>
  Float64Array.from(truth, (value, row) => found[row]! - value);

function finding(of: Estimates): string {
  const sizes = errorsOf(of).map(Math.abs).sort();
  return `Half of the predictions of ${of.name} are off by at most ${numberText(quantile(sizes, 0.5), 3)}`;
}

function bias(of: Estimates): string {
  const found = errorsOf(of);
  const mean = found.reduce((sum, error) => sum + error, 0) / found.length;
  return `On average ${of.name} is predicted ${numberText(Math.abs(mean), 2)} too ${mean < 0 ? "small" : "large"}`;
}

async function cloud(of: Estimates, title: string): Promise<string> {
  const { name, truth, predicted: found } = of;
  const step = Math.ceil(truth.length / POINTS);
  const points = Array.from(truth.keys())
    .filter((row) => row % step === 0)
    .map((row) => [truth[row]!, found[row]!] as const);
  const ends = [...truth, ...found].reduce(([low, high], value) => [Math.min(low!, value), Math.max(high!, value)], [Infinity, -Infinity]) as [number, number]; // biome-ignore format: one line
  const picture = await scatter([{ name, points }], {
    ...{ title, x: `true ${name}`, y: `predicted ${name}` },
    ...(ends[0] < ends[1] && { line: { from: [ends[0], ends[0]], to: [ends[1], ends[1]] } }),
  });
  return figure(
    picture,
    `${points.length.toLocaleString("en-US")} test examples${step > 1 ? `, each ${step}th` : ""}.`,
  );
}

async function errors(of: Estimates, title: string): Promise<string> {
  const picture = await histogram(errorsOf(of), { title, x: `predicted less true ${of.name}`, y: "test examples" });
  return figure(picture, "Errors of all test examples.");
}
