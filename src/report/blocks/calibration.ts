import { escapeXml, histogram, lineChart, numberText } from "../../plots/index.ts";
import { type Calibration, calibration as calibrationOf } from "../../statistics/calibration.ts";
import { shareInterval } from "../../statistics/interval-of-share.ts";
import type { Readings } from "../gather/readings.ts";
import { figure, htmlTable } from "../page.ts";
import { type Block, sectionOf } from "./block.ts";

/** The curve of the stochastic readout. */
const DRAWN = "one draw";

interface Curve {
  readonly name: string;
  readonly found: Calibration;
}

/** How often a classifier is right where it says so with some probability. */
export const calibration: Block = {
  name: "calibration",
  title: "Calibration",
  reads:
    "Test examples in 15 equal intervals of the probability that the network gives to the class that it predicts. On the dashed line it is right as often as it says; below the line it is too certain. Bands are 95% intervals by Clopper and Pearson 1934. The expected calibration error is the mean distance from the line over the examples (Guo et al. 2017).",
  async draw({ runs }) {
    const curves = runs.flatMap(({ name, readings }): Curve[] => {
      if (!readings) return [];
      const { deterministic, stochastic } = readings;
      const called = (readout: string): string => (runs.length > 1 ? name : readout);
      return [
        { name: called("deterministic"), found: calibrated(deterministic) },
        ...(stochastic && runs.length === 1 ? [{ name: DRAWN, found: calibrated(stochastic) }] : []),
      ].filter(({ found }) => found.count > 0);
    });
    if (curves.length === 0) return [];
    const [first] = curves as [Curve];
    return sectionOf(calibration, [
      figure(
        await diagram(curves),
        curves.some(({ name }) => name === DRAWN)
          ? "Deterministic readout; one draw: the units sample once an example, as in training."
          : "Deterministic readout.",
      ),
      figure(
        await counts(runs.find(({ readings }) => readings)!.readings!.deterministic, first),
        "How many test examples get which probability, deterministic readout.",
      ),
      `<p>${curves.map(({ name, found }) => escapeXml(inWords(name, found))).join("<br>")}</p>`,
      `<details><summary>The intervals, ${escapeXml(first.name)}</summary>${table(first.found)}</details>`,
    ]);
  },
};

const calibrated = ({ confidence, predicted, truth }: Readings): Calibration =>
  calibrationOf(confidence, (i) => predicted[i] === truth[i]);

const percent = (share: number): string => `${numberText(100 * share, 3)}%`;

/** "deterministic: expected calibration error 3.1% (2.2% to 4%); without any, chance makes it 1.1%." */
const inWords = (name: string, { error, byChance }: Calibration): string =>
  `${name}: expected calibration error ${percent(error.value)} (95% interval ${percent(error.low)} to ${percent(error.high)}); chance alone makes it ${percent(byChance)} for as many.`;

/** What is seen at a glance: whether the first curve's network is too certain. */
function finding({ found: { bins, error, byChance } }: Curve): string {
  const filled = bins.filter(({ count }) => count > 0);
  const gap = filled.reduce((total, { count, accuracy, confidence }) => total + count * (accuracy - confidence), 0);
  const said = `expected calibration error ${percent(error.value)}`;
  if (error.value < 2 * byChance && error.low <= byChance)
    return `Well calibrated: ${said}, ${percent(byChance)} by chance`;
  return `${gap < 0 ? "Too certain" : "Not certain enough"}: ${said}`;
}

function diagram(curves: readonly Curve[]): Promise<string> {
  const line = {
    name: "as certain as right",
    points: [0, 1].map((x) => ({ x: 100 * x, y: 100 * x })),
    ...{ dashed: true, colour: "currentColor" },
  };
  const series = curves.map(({ name, found }) => ({
    name,
    points: found.bins
      .filter(({ count }) => count > 0)
      .map(({ confidence, accuracy, count }) => {
        const { low, high } = shareInterval(Math.round(accuracy * count), count);
        return { x: 100 * confidence, y: 100 * accuracy, low: 100 * low, high: 100 * high };
      }),
  }));
  return lineChart([line, ...series], {
    title:
      curves.length > 1 && curves[1]!.name !== DRAWN
        ? "How often networks are right, by how certain they are"
        : finding(curves[0]!),
    ...{ x: "probability of the predicted class (%)", y: "share that is right (%)" },
  });
}

function counts({ confidence }: Readings, { found }: Curve): Promise<string> {
  const sure = found.bins.at(-1)!;
  return histogram(confidence, {
    title: `${percent(sure.count / found.count)} of the examples have a probability above ${percent(sure.from)}`,
    ...{ x: "probability of the predicted class", y: "test examples", domain: [0, 1], bins: found.bins.length },
  });
}

const table = ({ bins }: Calibration): string =>
  htmlTable([
    ["probability", "examples", "mean probability %", "right %"],
    ...bins
      .filter(({ count }) => count > 0)
      .map(({ from, to, count, confidence, accuracy }) => [
        `${numberText(from, 3)} to ${numberText(to, 3)}`,
        count.toLocaleString("en-US"),
        (100 * confidence).toFixed(2),
        (100 * accuracy).toFixed(2),
      ]),
  ]);
