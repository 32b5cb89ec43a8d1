import type { GateLayer, Row } from "../describe/index.ts";
import type { Card } from "../estimators/index.ts";
import { escapeXml } from "../plots/index.ts";
import type { ClassMetric, EpochMetrics, TrainResult } from "../train/index.ts";
import { blocks } from "./blocks/index.ts";
import type { Estimates } from "./gather/estimates.ts";
import type { MapsOfLayers } from "./gather/feature-maps.ts";
import type { Filters } from "./gather/filters.ts";
import type { GradientNoise } from "./gather/gradient-noise.ts";
import type { Insides } from "./gather/inspect.ts";
import type { Mistakes } from "./gather/mistakes.ts";
import type { Raster } from "./gather/raster.ts";
import type { Readings } from "./gather/readings.ts";
import type { WeightTable } from "./gather/weight-table.ts";
import type { SkippedWork } from "./gather/work.ts";
import { page } from "./page.ts";
import type { Scoring } from "./scoring.ts";

/** One training of those that a report compares. */
export interface ReportedRun<M extends string = ClassMetric> {
  /** Short, unique, for legends. */
  readonly name: string;
  /** The cards of its estimators, one for each layer that has one. */
  readonly cards: readonly Card[];
  /** The config, as JSON that the page shows. */
  readonly config: unknown;
  /** Its final scores. */
  readonly result: TrainResult<M>;
  /** The epoch that validation selected, from 1. */
  readonly selectedEpoch: number;
  /** Every validation, in order. */
  readonly history: readonly EpochMetrics<M>[];
  /** The weights and the activity of its first layer; undefined where it has no units. */
  readonly insides: Insides | undefined;
  /** What its first convolution looks for, where it has one. */
  readonly filters?: Filters | undefined;
  /** What its first layers of units over images output for a few of them. */
  readonly maps?: MapsOfLayers | undefined;
  /** Its layers, with parameters and multiply-adds. */
  readonly layers?: readonly Row[] | undefined;
  /** Its layers of gates, in the order of what its scores say of them. */
  readonly gates?: readonly GateLayer[] | undefined;
  /** The test examples that it gets wrong; undefined where it tells no classes. */
  readonly mistakes?: Mistakes | undefined;
  /** What it says of each test example; undefined where it tells no classes. */
  readonly readings?: { readonly deterministic: Readings; readonly stochastic: Readings | undefined } | undefined;
  /** What it says of the numbers of each test example; undefined where it predicts something else. */
  readonly estimates?: readonly Estimates[] | undefined;
  /** What single units of its first layers output. */
  readonly rasters?: readonly Raster[] | undefined;
  /** The weights of its first layer by the columns of a table. */
  readonly weightTable?: WeightTable | undefined;
  /** How much noise the gradient of a step has. */
  readonly gradientNoise?: GradientNoise | undefined;
  /** Multiply-adds that it does and skips. */
  readonly work?: SkippedWork | undefined;
  /** The functional diagram of its network, as SVG. */
  readonly diagram?: string | undefined;
}

/** What a report of trainings shows. */
export interface Report<M extends string = ClassMetric> {
  /** The heading of the page. */
  readonly title: string;
  /** What was asked, in a sentence or two. */
  readonly question: string;
  /** What these runs are and what they are not, a paragraph each. */
  readonly caveats: readonly string[];
  /** The trainings that it compares. */
  readonly runs: readonly ReportedRun<M>[];
  /** Whose metrics all runs were scored by. */
  readonly head: Scoring<M>;
  /** Shape of one example: images are shown where it is [rows, columns] or [rows, columns, channels]. */
  readonly inputShape: readonly number[];
  /** How it was made: backend, machine, versions; name and value. */
  readonly made: readonly (readonly [string, string])[];
}

/** A page that stands alone: no files beside it, light and dark. What it shows of the runs is what the table of blocks says. */
export async function report<M extends string>(given: Report<M>): Promise<string> {
  const { title, question, caveats, runs, made } = given;
  const configs = runs.map(
    ({ name, config }) =>
      `<details><summary>${escapeXml(name)}</summary><pre>${escapeXml(JSON.stringify(config, null, 2))}</pre></details>`,
  );
  return page({
    ...{ title, question, caveats, made },
    sections: (await Promise.all(blocks.map((block) => block.draw(given)))).flat(),
    after: `<p class="quiet">Each configuration is what <code>heaviside train --config</code> reads.</p>\n${configs.join("\n")}`,
  });
}
