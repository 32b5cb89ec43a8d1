export { type Band, type BandChartOptions, bandChart } from "./band-chart.ts";
export { type Bar, type BarChartOptions, barChart } from "./bar-chart.ts";
export { escapeXml } from "./escape.ts";
export { type HistogramOptions, histogram } from "./histogram.ts";
export { type ImageGridOptions, imageGrid } from "./image-grid.ts";
export { type IntervalChartOptions, intervalChart, type NamedInterval } from "./interval-chart.ts";
export { type LineChartOptions, lineChart, type Series } from "./line-chart.ts";
export { type MatrixCell, type MatrixChartOptions, matrixChart } from "./matrix-chart.ts";
export { type PlaneOptions, type PlanePoint, plane } from "./plane.ts";
export { colourOf } from "./plot.ts";
export { type ReferenceChartOptions, type Referenced, referenceChart } from "./reference-chart.ts";
export { type Cloud, type ScatterOptions, scatter } from "./scatter.ts";
export {
  type PenLine,
  type PenPoint,
  penLines,
  type StrokeSection,
  type StrokeSheetOptions,
  strokePng,
  strokeSheet,
} from "./strokes.ts";
export { type TraceChartOptions, type TracePanel, traceChart } from "./trace-chart.ts";
export { type Fall, type WaterfallOptions, waterfall } from "./waterfall.ts";
