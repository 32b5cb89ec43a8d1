export { type SeedCurves, seedCurves } from "./blocks/curves.ts";
export { comparisonSvg } from "./comparison.ts";
export { highestInWords, lowestInWords } from "./findings.ts";
export { type Insides, inspect } from "./gather/inspect.ts";
export type { Mistake, Mistakes } from "./gather/mistakes.ts";
export { type MeasurementReport, measurementReport } from "./measurement.ts";
export { figure, htmlTable, type Page, page, type Section } from "./page.ts";

export { type Report, type ReportedRun, report } from "./report.ts";
export { type Finished, reported } from "./reported.ts";
export type { Scoring } from "./scoring.ts";
export { tensorBoard } from "./tensorboard/index.ts";
