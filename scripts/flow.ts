// docs/pictures/flow.svg, the way from a config to a report. node --conditions=@heaviside/source --import tsx scripts/flow.ts [--write] prints or
// writes it; a test holds the file to this script, and the folders that it names to src.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A station of the way: what it is, what it gives to the next, and the folders of src that hold it. */
interface Station {
  readonly title: string;
  readonly text: string;
  readonly folders: readonly string[];
  /** Boxes inside, from left to right. */
  readonly inside?: readonly { readonly title: string; readonly text: string }[];
}

export const stations: readonly Station[] = [
  { title: "config", text: "a run as JSON: data, model, training, machine", folders: ["options", "config"] },
  { title: "dataset", text: "named arrays in three splits, or a stream", folders: ["data"] },
  {
    title: "network",
    text: "an estimator calls what follows it as a function",
    folders: ["models", "layers", "estimators"],
    inside: [
      { title: "stage", text: "estimator" },
      { title: "stage", text: "estimator" },
      { title: "head", text: "loss" },
    ],
  },
  { title: "trace", text: "the training step becomes a graph of ops", folders: ["graph"] },
  { title: "differentiate", text: "gradients are ops of the same graph", folders: ["graph"] },
  { title: "plan", text: "views, fusion, order and memory", folders: ["plan", "compile"] },
  {
    title: "run",
    text: "the same step again and again, state in place",
    folders: ["backends"],
    inside: [
      { title: "reference", text: "TypeScript" },
      { title: "wasm", text: "C kernels" },
      { title: "native", text: "C kernels" },
    ],
  },
  { title: "metrics", text: "events: progress, epochs, looks, warnings", folders: ["train"] },
  { title: "run folder", text: "config, metrics and checkpoint, to resume from", folders: ["runs"] },
  { title: "report", text: "tables, plots and diagrams", folders: ["report", "plots", "describe"] },
];

/** The stations between which a training goes in a circle, and what it does there. */
const loop = { from: "metrics", to: "run", text: "next steps" };

const WIDTH = 440;
const LEFT = 10;
/** Room at the right for the arrow back. */
const RIGHT = 36;
const BOX = WIDTH - LEFT - RIGHT;
const PAD = 12;
const GAP = 22;
const TOP = 44;
const PLAIN = 52;
const INSIDE = 46;

const style = `
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 14px; fill: #24292f; }
  .name { font-weight: 600; font-size: 15px; }
  .head { font-weight: 600; font-size: 17px; }
  .folder { font-family: ui-monospace, Menlo, "DejaVu Sans Mono", monospace; font-size: 12px; fill: #57606a; }
  .middle { text-anchor: middle; }
  .end { text-anchor: end; }
  .page { fill: #ffffff; }
  .box { fill: #f3f6fa; stroke: #8c959f; }
  .inner { fill: #ffffff; stroke: #0072b2; }
  .arrow { fill: none; stroke: #0072b2; stroke-width: 2; }
  .tip { fill: #0072b2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .folder { fill: #9ea7b3; }
    .page { fill: #0d1117; }
    .box { fill: #1c2128; stroke: #6e7681; }
    .inner { fill: #0d1117; stroke: #56b4e9; }
    .arrow { stroke: #56b4e9; }
    .tip { fill: #56b4e9; }
  }`;

const text = (x: number, y: number, kind: string, said: string): string =>
  `<text x="${x}" y="${y}"${kind && ` class="${kind}"`}>${said}</text>`;
const box = (x: number, y: number, width: number, height: number, kind: string): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" class="${kind}"/>`;

const heightOf = ({ inside }: Station): number => PLAIN + (inside ? INSIDE + PAD : 0);

/** A line through the points that ends in a tip. */
function arrow(...points: readonly (readonly [x: number, y: number])[]): string {
  const [[x0, y0], [x, y]] = [points.at(-2)!, points.at(-1)!];
  const [right, down] = [Math.sign(x - x0), Math.sign(y - y0)];
  const [backX, backY] = [x - 7 * right, y - 7 * down];
  const line = [...points.slice(0, -1), [backX, backY]].map(([px, py]) => `${px},${py}`).join(" ");
  const wing = (side: number): string => `${backX + 5 * side * down},${backY + 5 * side * right}`;
  return `<polyline points="${line}" class="arrow"/><polygon points="${x},${y} ${wing(1)} ${wing(-1)}" class="tip"/>`;
}

function row(inside: NonNullable<Station["inside"]>, y: number, chained: boolean): string[] {
  const between = chained ? 26 : PAD;
  const width = (BOX - 2 * PAD - between * (inside.length - 1)) / inside.length;
  return inside.flatMap(({ title, text: said }, i) => {
    const x = LEFT + PAD + i * (width + between);
    const middle = x + width / 2;
    return [
      box(x, y, width, INSIDE, "inner"),
      text(middle, y + 19, "name middle", title),
      text(middle, y + 37, "middle", said),
      ...(chained && i > 0 ? [arrow([x - between + 2, y + INSIDE / 2], [x - 2, y + INSIDE / 2])] : []),
    ];
  });
}

/** docs/pictures/flow.svg */
export function picture(): string {
  const parts: string[] = [text(LEFT, 26, "head", "Every network goes the same way")];
  const middles = new Map<string, number>();
  let y = TOP;
  for (const [i, station] of stations.entries()) {
    const height = heightOf(station);
    if (i > 0) parts.push(arrow([LEFT + BOX / 2, y - GAP + 2], [LEFT + BOX / 2, y - 2]));
    parts.push(
      box(LEFT, y, BOX, height, "box"),
      text(LEFT + PAD, y + 21, "name", station.title),
      text(LEFT + BOX - PAD, y + 21, "folder end", station.folders.join(" · ")),
      text(LEFT + PAD, y + 41, "", station.text),
      ...(station.inside ? row(station.inside, y + PLAIN, station.title === "network") : []),
    );
    middles.set(station.title, y + height / 2);
    y += height + GAP;
  }
  const [from, to] = [middles.get(loop.from)!, middles.get(loop.to)!];
  const [edge, x] = [LEFT + BOX + 2, WIDTH - 22];
  const [atX, atY] = [WIDTH - 6, (from + to) / 2];
  parts.push(arrow([edge, from], [x, from], [x, to], [edge, to]));
  parts.push(`<text x="${atX}" y="${atY}" class="middle" transform="rotate(-90 ${atX} ${atY})">${loop.text}</text>`);
  const height = y - GAP + LEFT;
  const said = `The way from a config to a report: ${stations.map(({ title }) => title).join(", ")}.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${said}</title>`,
    `<style>${style}\n</style>`,
    `<rect width="${WIDTH}" height="${height}" class="page"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(new URL("../docs/pictures/flow.svg", import.meta.url), picture());
  else console.log(picture());
}
