import * as Plot from "@observablehq/plot";
import { numberText } from "./numbers.ts";
import { colourOf, draw, fontFor, GREY, WIDTH } from "./plot.ts";
import { textWidth } from "./text.ts";

/** One quantity over time, or several on one scale. */
export interface TracePanel {
  /** What is shown, with its unit. */
  readonly title: string;
  /** Curves: a value for each step, a colour as in CSS, and whether the line is dashed. */
  readonly lines?: readonly {
    readonly values: readonly number[];
    readonly colour?: string | undefined;
    readonly dashed?: boolean | undefined;
    /** Dots in place of a line, such as upon another line. */
    readonly dots?: boolean | undefined;
  }[];
  /** A thin line from 0 up to each value that isn't 0. */
  readonly stems?: { readonly values: readonly number[]; readonly strong?: readonly number[] } | undefined;
  /** Dashed, across the panel; labelled in place of the axis's upper end. */
  readonly level?: number | undefined;
  /** Steps at which there is a spike: a tick at the top of the panel. */
  readonly spikes?: readonly number[] | undefined;
  /** A logarithmic axis. */
  readonly log?: boolean | undefined;
  /** The ends of its axis, both labelled (default: those of the values). */
  readonly range?: readonly [number, number] | undefined;
}

/** Title, axis and width of a chart of panels. */
export interface TraceChartOptions {
  /** What it shows: the finding, in a sentence. */
  readonly title: string;
  /** What a step is, under the axis of time. */
  readonly x: string;
  /** In pixels (default: that of the other charts). */
  readonly width?: number | undefined;
  /** Steps from `from` to `to` are shaded in all panels. */
  readonly shaded?: { readonly from: number; readonly to: number; readonly label: string } | undefined;
}

const TITLE = 22;
const PANEL = 56;
const GAP = 14;
const [RIGHT, BOTTOM, TOP] = [10, 46, 20];
const FONT = fontFor(WIDTH);
const SPIKE = colourOf(3);

/** Panels one above the other that share the axis of time; step t of a list of values is at t. */
export function traceChart(panels: readonly TracePanel[], options: TraceChartOptions): Promise<string> {
  const { title, x, width = WIDTH, shaded } = options;
  const top = shaded ? TOP : 4;
  const height = top + panels.length * (TITLE + PANEL + GAP) + BOTTOM;
  const steps = Math.max(...panels.flatMap((panel) => seriesOf(panel).map(({ length }) => length)));
  return draw(title, {
    ...{ width, height, marginLeft: leftOf(panels), marginRight: RIGHT, marginTop: 0, marginBottom: BOTTOM },
    x: { domain: [0, steps - 1], axis: null },
    y: { type: "identity", axis: null },
    color: { type: "identity" },
    marks: [
      ...(shaded ? shadeOf(shaded, top, height - BOTTOM) : []),
      ...panels.flatMap((panel, i) => panelOf(panel, top + i * (TITLE + PANEL + GAP), steps)),
      Plot.axisX({ anchor: "bottom", fontSize: FONT, ticks: 6, tickFormat: "d", label: x, labelAnchor: "center" }),
    ],
  });
}

/** Room for the numbers on the left. */
const leftOf = (panels: readonly TracePanel[]): number =>
  14 +
  Math.ceil(Math.max(...panels.flatMap((panel) => endsOf(panel).map((end) => textWidth(numberText(end, 2), FONT)))));

/** The ends of a panel's axis, and its level. */
function endsOf(panel: TracePanel): number[] {
  const values = seriesOf(panel).flat().filter(Number.isFinite);
  const [low, high] = panel.range ?? [Math.min(...values), Math.max(...values)];
  return [low, high, ...(panel.level === undefined ? [] : [panel.level])];
}

const seriesOf = ({ lines = [], stems }: TracePanel): (readonly number[])[] => [
  ...lines.map(({ values }) => values),
  ...(stems ? [stems.values] : []),
];

function shadeOf({ from, to, label }: NonNullable<TraceChartOptions["shaded"]>, top: number, bottom: number) {
  const area = { x1: from, x2: to, y1: top, y2: bottom, fill: "currentColor", fillOpacity: 0.08 };
  return [
    Plot.rect([0], { ...area }),
    Plot.text([label], { x: from, y: 9, text: (d: string) => d, textAnchor: "start", dx: 3, fontSize: FONT }),
  ];
}

/** The marks of a panel whose top is at `top`, in pixels. */
function panelOf(panel: TracePanel, top: number, steps: number) {
  const { title, lines = [], stems, level, spikes = [], log = false } = panel;
  const [above, below] = [top + TITLE, top + TITLE + PANEL];
  const [low, high] = endsOf(panel) as [number, number];
  const of = (value: number): number => (log ? Math.log(value) : value);
  const at = (value: number): number => {
    const share = high > low ? (of(value) - of(low)) / (of(high) - of(low)) : 0.5;
    return below - PANEL * Math.min(1, Math.max(0, share));
  };
  const points = (row: readonly number[]) => row.map((value, t) => ({ t, y: at(value), value }));
  const isApart = at(low) - at(level ?? high) > FONT;
  const label = { textAnchor: "end" as const, dx: -6, fontSize: FONT, text: "text", x: "x", y: "y" };
  const strong = new Set(stems?.strong ?? []);
  return [
    Plot.text([title], {
      frameAnchor: "left",
      x: 0,
      y: top + 9,
      textAnchor: "start",
      text: (d: string) => d,
      fontSize: FONT,
    }),
    Plot.ruleY([at(low)], { stroke: "currentColor", strokeOpacity: 0.35 }),
    Plot.text(
      (isApart ? [low, level ?? high] : [low]).map((end) => ({ x: 0, y: at(end), text: numberText(end, 2) })),
      label,
    ),
    ...(level === undefined
      ? []
      : [Plot.ruleY([at(level)], { stroke: "currentColor", strokeDasharray: "4 3", strokeOpacity: 0.7 })]),
    ...(stems
      ? [
          Plot.ruleX(
            points(stems.values).filter(({ value }) => value !== 0),
            {
              ...{ x: "t", y1: at(Math.max(0, low)), y2: "y" },
              stroke: ({ t }: { t: number }) => (strong.has(t) ? SPIKE : GREY),
              strokeWidth: ({ t }: { t: number }) => (strong.has(t) ? 3 : 1.5),
            },
          ),
        ]
      : []),
    ...lines.map(({ values: row, colour, dashed, dots }, i) =>
      dots
        ? Plot.dot(
            points(row).filter(({ t }) => t % Math.ceil(steps / 40) === 0),
            { x: "t", y: "y", r: 2.2, fill: colour ?? colourOf(i) },
          )
        : Plot.lineY(points(row), {
            ...{ x: "t", y: "y", stroke: colour ?? colourOf(i), strokeWidth: dashed ? 1.2 : 1.8 },
            ...(dashed && { strokeDasharray: "4 3" }),
          }),
    ),
    Plot.ruleX(spikes, { y1: above - 2, y2: above + 9, stroke: SPIKE, strokeWidth: 2 }),
  ];
}
