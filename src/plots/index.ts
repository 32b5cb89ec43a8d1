export { type Bar, type BarChartOptions, barChart } from "./bar-chart.ts";
export { type ClassHistogramOptions, type ClassValues, classHistogram } from "./class-histogram.ts";
export { contactSheetPng, contactSheetSvg, type SheetRow } from "./contact-sheet.ts";
export { escapeXml } from "./escape.ts";
export { type HeatGroup, type HeatMapOptions, heatMap } from "./heat-map.ts";
export { type HistogramOptions, histogram } from "./histogram.ts";
export { type ImageGridOptions, type ImageSize, imageGrid } from "./image-grid.ts";
export { type IntervalChartOptions, intervalChart, type Measured, type NamedInterval } from "./interval-chart.ts";
export { type CurvePoint, type LineChartOptions, lineChart, type Series } from "./line-chart.ts";
export { type MatrixCell, type MatrixChartOptions, matrixChart } from "./matrix-chart.ts";
export { numberText } from "./numbers.ts";
export { svgPdf } from "./pdf.ts";
export { type PlaneOptions, type PlanePoint, plane } from "./plane.ts";
export { colourOf, GREY } from "./plot.ts";
export { type Cloud, type ScatterOptions, scatter } from "./scatter.ts";
export { type MatrixColumn, type ScatterMatrixOptions, scatterMatrix } from "./scatter-matrix.ts";
export { stacked } from "./stacked.ts";
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
