import { join } from "node:path";
import { titleWithUnit } from "../models/head.ts";
import { lineChart } from "../plots/index.ts";
import { type Finished, report, reported } from "../report/index.ts";
import { made } from "../report/made.ts";
import { writeAtomically } from "../runs/index.ts";

/** Writes report.html and curves.svg into a run folder. */
export async function writePictures<M extends string>(folder: string, finished: Finished<M>): Promise<void> {
  const { data, model, result, on } = finished;
  const run = reported(
    [...new Set(model.layers.flatMap(({ estimator }) => estimator?.card.name ?? []))].join(", ") || "linear",
    finished,
  );
  const html = await report({
    title: `${data.name}, ${run.name}`,
    question: `One training of ${result.epochs} epochs on ${data.name}: ${data.splitNote}`,
    caveats: [
      "One seed. How far another one would be away is not known from it: train with several before you compare.",
    ],
    runs: [run],
    head: model.head,
    inputShape: model.inputShape,
    made: [["seed", String(result.seed)], ...made(on)],
  });
  await writeAtomically(join(folder, "report.html"), html);
  const { metrics, select } = model.head;
  const metric = metrics.find(({ name }) => name === select.metric)!;
  const points = (y: (epoch: (typeof result.history)[number]) => number) =>
    result.history.map((epoch) => ({ x: epoch.epoch, y: y(epoch) }));
  const name = metric.title ?? metric.name;
  const svg = await lineChart(
    [
      { name: "training", points: points(({ train }) => train[metric.name]) },
      { name: "validation", points: points(({ valid }) => valid[select.readout][metric.name]) },
    ],
    { title: `${name[0]!.toUpperCase()}${name.slice(1)} of ${run.name}`, x: "epoch", y: titleWithUnit(metric) },
  );
  await writeAtomically(join(folder, "curves.svg"), svg);
}
