import { join } from "node:path";
import { type CellConfig, cells } from "../cells/index.ts";
import type { Dataset } from "../data/index.ts";
import { modelTitle } from "../describe/architecture.ts";
import { titleWithUnit } from "../models/head.ts";
import type { Model } from "../models/model.ts";
import { lineChart, numberText } from "../plots/index.ts";
import { certaintyOf, certaintyText } from "../report/certainty.ts";
import { type Finished, report, reported } from "../report/index.ts";
import { made } from "../report/made.ts";
import { writeAtomically } from "../runs/index.ts";

/** What tells a network from others in a few words: its cells and its estimators; "linear" where it has neither. */
function nameOf<M extends string>({ layers, stages }: Model<M>): string {
  const cells = stages.flatMap(({ config: { cell } }) => (cell === undefined ? [] : [cellText(cell as CellConfig)]));
  return (
    [...new Set([...cells, ...layers.flatMap(({ estimator }) => estimator?.card.name ?? [])])].join(", ") || "linear"
  );
}

/** Options that a name has room for. */
const MOST = 2;

/** A cell with the options that differ from its defaults, as in "lstm:peepholes=true"; its name alone where they are many or long. */
function cellText(cell: CellConfig): string {
  const { name, ...options } = cell as { readonly name: CellConfig["name"]; readonly [option: string]: unknown };
  const usual = cells[name].resolve({}) as { readonly [option: string]: unknown };
  const changed = Object.entries(options).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key]),
  );
  const isShort = changed.length <= MOST && changed.every(([, value]) => typeof value !== "object");
  return isShort && changed.length > 0 ? `${name}:${changed.map(([key, value]) => `${key}=${value}`).join(",")}` : name;
}

/** What a network of a table predicts, by the names of its columns; none where the data have no names. */
const targetsOf = <M extends string>({ head }: Model<M>, { fields }: Dataset): readonly string[] =>
  Object.keys(head.fields).flatMap((field) => fields[field]?.columns ?? []);

/** What it is trained on: "mnist", or "a table, to predict species from 4 columns". */
function dataInWords<M extends string>(model: Model<M>, data: Dataset): string {
  const targets = targetsOf(model, data);
  const { table, columns } = data.fields[model.input] ?? {};
  const inputs = (table ?? columns)?.length;
  if (targets.length === 0 || inputs === undefined) return data.name;
  return `a table, to predict ${targets.join(", ")} from ${inputs} ${inputs === 1 ? "column" : "columns"}`;
}

/** The finding of a training: "4.31 % test error on mnist", "0.56 test RMSE of quality". */
function resultInWords<M extends string>(model: Model<M>, { test }: Finished<M>["result"], data: Dataset): string {
  const { head } = model;
  const targets = targetsOf(model, data);
  const { metrics, select } = head;
  const { title, name, unit } = metrics.find((metric) => metric.name === select.metric)!;
  const value = numberText(test[select.readout][select.metric]);
  return `${value}${unit === "" ? "" : ` ${unit}`} test ${title ?? name} ${targets.length > 0 ? `of ${targets.join(", ")}` : `on ${data.name}`}`;
}

/** Writes report.html and curves.svg into a run folder. */
export async function writePictures<M extends string>(folder: string, finished: Finished<M>): Promise<void> {
  const { data, model, result, on } = finished;
  const run = reported(nameOf(model), finished);
  const { metric: chosen } = model.head.select;
  const certainty = certaintyOf(model as Model, data, result.test.deterministic[chosen]);
  const html = await report({
    title: `${run.name}: ${resultInWords(model, result, data)}`,
    question: `One training of ${result.epochs} ${result.epochs === 1 ? "epoch" : "epochs"} on ${dataInWords(model, data)}: ${data.splitNote}`,
    caveats: [
      "One seed. How far another one would be away is not known from it: train with several before you compare.",
      ...(certainty ? [certaintyText(certainty)] : []),
    ],
    runs: [run],
    head: model.head,
    inputShape: model.inputShape,
    made: [["network", modelTitle(model as Model)], ["seed", String(result.seed)], ...made(on)],
  });
  await writeAtomically(join(folder, "report.html"), html);
  const { metrics, select } = model.head;
  const metric = metrics.find(({ name }) => name === select.metric)!;
  const points = (y: (epoch: (typeof result.history)[number]) => number) =>
    result.history.map((epoch) => ({ x: epoch.epoch, y: y(epoch) }));
  const svg = await lineChart(
    [
      { name: "training", points: points(({ train }) => train[metric.name]) },
      { name: "validation", points: points(({ valid }) => valid[select.readout][metric.name]) },
    ],
    {
      title: `${run.name}: ${resultInWords(model, result, data)}`,
      ...{ x: "epoch", y: titleWithUnit(metric) },
    },
  );
  await writeAtomically(join(folder, "curves.svg"), svg);
}
