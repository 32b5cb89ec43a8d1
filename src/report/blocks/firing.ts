import { colourOf, histogram, lineChart, numberText } from "../../plots/index.ts";
import type { Score } from "../../train/index.ts";
import type { Insides } from "../gather/inspect.ts";
import { figure, type Section } from "../page.ts";
import type { ReportedRun } from "../report.ts";
import { type Block, ofRun, sectionOf } from "./block.ts";
import { axisOf } from "./curves.ts";

/** How often units fire, gates are open and steps are taken. */
export const firing: Block = {
  name: "firing",
  title: "How active the units are",
  reads:
    "How many units of the first layer are how active, on the validation set. A unit at 0 is dead: it never fires; one at 1 fires always. Neither says anything about the input.",
  async draw({ runs }) {
    const histograms = await Promise.all(
      runs.flatMap(({ name, insides }, i) => (insides ? [activity(insides, ofRun(runs, name, ""), i)] : [])),
    );
    return [...(await alongTraining(runs)), ...sectionOf(firing, histograms)];
  },
};

async function activity({ activity, measure, isOfChannels }: Insides, run: string, i: number): Promise<string> {
  const isShare = measure === "firing rate" || activity.every((v) => v >= 0 && v <= 1);
  return `<figure>${await histogram(activity, {
    title: `${run}${activityInWords({ activity, measure, isOfChannels })}`,
    x: `${measure} of a ${isOfChannels ? "channel" : "unit"}`,
    y: isOfChannels ? "channels" : "units",
    colour: colourOf(i),
    ...(isShare && { domain: [0, 1] as const }),
  })}</figure>`;
}

/** How active the units are, in a sentence: where the middle half of them is, and how many never fire. */
function activityInWords({ activity, measure, isOfChannels }: Omit<Insides, "weights">): string {
  const sorted = [...activity].sort((a, b) => a - b);
  const at = (share: number): string => numberText(sorted[Math.round(share * (sorted.length - 1))]!, 2);
  const silent = sorted.filter((value) => value === 0).length;
  const never = measure === "firing rate" && silent > 0 ? `; ${silent} never fire` : "";
  return `Half of the ${sorted.length} ${isOfChannels ? "channels" : "units"} have a ${measure} of ${at(0.25)} to ${at(0.75)}${never}`;
}

/** What stages report of their units, in words. */
const kinds = {
  spikes: { heading: "How often units fire", title: "Spikes", y: "units that spike in a step (%)" },
  gates: { heading: "How many gates are open", title: "Open gates", y: "gates that are open (%)" },
  stepsTaken: { heading: "How many steps are taken", title: "Steps taken", y: "steps that are not skipped (%)" },
  decisions: { heading: "How often units decide for 1", title: "Decisions", y: "decisions that are not 0 (%)" },
} as const;

/** A curve for each layer that reports its units, on validation data as they sample: a section for each kind of report that there is. */
async function alongTraining<M extends string>(runs: readonly ReportedRun<M>[]): Promise<Section[]> {
  const along = axisOf(runs);
  const pictures = Object.entries(kinds).map(async ([kind, { heading, title, y }]) => {
    const series = runs.flatMap(({ name, history, gates = [] }) => {
      const layers = Math.max(0, ...history.map(({ valid }) => sharesOf(valid.stochastic, kind).length));
      return Array.from({ length: layers }, (_, layer) => ({
        name: [
          ...(runs.length > 1 ? [name] : []),
          ...(layers > 1 || runs.length === 1
            ? [(kind === "gates" && gates[layer]?.name) || `layer ${layer + 1}`]
            : []),
        ].join(", "),
        points: history.map((at) => ({
          x: along.at(at),
          y: 100 * (sharesOf(at.valid.stochastic, kind)[layer] ?? Number.NaN),
        })),
      }));
    });
    if (series.length === 0) return [];
    const ends = series.map(({ points }) => points.at(-1)!.y);
    const [least, most] = [Math.min(...ends), Math.max(...ends)].map((end) => numberText(end, 3));
    const picture = await lineChart(series, {
      title: `${title}: ${least === most ? most : `${least} to ${most}`} % at the end`,
      ...{ x: along.name, y },
    });
    const html = figure(picture, `${title} on validation data, with the stochastic readout, by ${along.name}.`);
    return [{ title: heading, html }];
  });
  return (await Promise.all(pictures)).flat();
}

/** The shares that a kind of report has, one for each layer that reports it. */
function sharesOf<M extends string>(score: Score<M>, kind: string): number[] {
  const reports = (score as Readonly<Record<string, unknown>>)[kind];
  return Array.isArray(reports)
    ? reports.map((report: { rate?: number; open?: number }) => report.rate ?? report.open!)
    : [];
}
