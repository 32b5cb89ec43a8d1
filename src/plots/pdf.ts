import { textRuns } from "./pdf-text.ts";
import { STANDALONE } from "./plot.ts";

/** How an element is painted: what it has of its own, and what it has from those around it. */
interface Style {
  readonly fill: string;
  readonly stroke: string;
  readonly color: string;
  readonly fillOpacity: number;
  readonly strokeOpacity: number;
  readonly strokeWidth: number;
  readonly dash: string;
  readonly size: number;
  readonly bold: boolean;
  readonly anchor: string;
}

/** A file in the making. */
interface Page {
  /** Operators of the page, a line each. */
  readonly lines: string[];
  /** Opacities of what is filled and of lines, by their names. */
  readonly opacities: Map<string, string>;
}

/** The width of a column of a paper in two columns, in millimetres. */
const COLUMN = 84;
const POINTS = 72 / 25.4;

/**
 * A chart of this library as a PDF of one page, in vectors and with text in Helvetica, to be put into a paper. It understands what the charts are made of: lines,
 * rectangles, circles, paths and texts. Throws Error for anything else, such as images of pixels. The same chart gives the same bytes.
 * @param width in millimetres (default: 84, a column of a paper in two)
 */
export async function svgPdf(svg: string, width: number = COLUMN): Promise<Uint8Array> {
  const root = await parsed(svg);
  const [left, top, across, down] = (root.getAttribute("viewBox") ?? "").split(" ").map(Number) as [number, number, number, number]; // biome-ignore format: one line
  const scale = (width * POINTS) / across;
  const page: Page = { lines: [], opacities: new Map() };
  page.lines.push(`${n(scale)} 0 0 ${n(-scale)} ${n(-left * scale)} ${n((top + down) * scale)} cm`);
  const ink = /svg:root\{color:(#[0-9a-f]{6})/.exec(STANDALONE)![1]!;
  const first = { ...{ fill: "#000000", stroke: "none", color: ink, fillOpacity: 1, strokeOpacity: 1 }, strokeWidth: 1, dash: "", size: 10, bold: false, anchor: "start" }; // biome-ignore format: one line
  paint(root, first, page);
  const title = root.querySelector("title")?.textContent ?? "";
  return file(page, { width: across * scale, height: down * scale, title });
}

async function parsed(svg: string): Promise<Element> {
  if (typeof document !== "undefined") {
    const holder = document.createElement("div");
    holder.innerHTML = svg;
    return holder.querySelector("svg")!;
  }
  const { parseHTML } = await import("linkedom");
  return parseHTML(`<html><body>${svg}</body></html>`).document.querySelector("svg")!;
}

/** A number with at most three digits behind the point. */
const n = (value: number): string => String(Math.round(value * 1000) / 1000);

/** Elements that are not painted. */
const silent = ["title", "desc", "style", "defs", "clippath"];

function paint(element: Element, around: Style, page: Page): void {
  const name = element.tagName.toLowerCase();
  if (silent.includes(name)) return;
  const style = styleOf(element, around);
  const moved = matrixOf(element.getAttribute("transform"));
  const clip = clipOf(element);
  if (moved || clip) page.lines.push("q");
  if (moved) page.lines.push(`${moved.map(n).join(" ")} cm`);
  if (clip) page.lines.push(...clip, "W n");
  if (name === "svg" || name === "g") for (const child of element.children) paint(child, style, page);
  else if (name === "text") paintText(element, style, page);
  else paintShape(name, element, style, page);
  if (moved || clip) page.lines.push("Q");
}

/** The path of what an element is cut to; undefined where it isn't. */
function clipOf(element: Element): string[] | undefined {
  const id = /^url\(#([\w-]+)\)$/.exec(element.getAttribute("clip-path") ?? "")?.[1];
  if (id === undefined) return undefined;
  const shapes = [...(element.ownerDocument.querySelector(`[id="${id}"]`)?.children ?? [])];
  if (shapes.length === 0) throw new Error(`svgPdf: no clip path ${id}`);
  return shapes.flatMap((shape) => {
    const at = (attribute: string): number => Number(shape.getAttribute(attribute) ?? 0);
    return pathOf(shape.tagName.toLowerCase(), at, shape.getAttribute("d") ?? "");
  });
}

function styleOf(element: Element, around: Style): Style {
  const own = (name: string): string | undefined =>
    element.getAttribute(name) ??
    new RegExp(`(?:^|;)\\s*${name}:\\s*([^;]+)`).exec(element.getAttribute("style") ?? "")?.[1];
  // What the style says comes before what the attribute says, as in CSS.
  const size =
    /font-size:\s*([\d.]+)/.exec(element.getAttribute("style") ?? "")?.[1] ?? element.getAttribute("font-size");
  const weight = own("font-weight");
  return {
    fill: own("fill") ?? around.fill,
    stroke: own("stroke") ?? around.stroke,
    color: own("color") ?? around.color,
    fillOpacity: Number(own("fill-opacity") ?? around.fillOpacity) * Number(own("opacity") ?? 1),
    strokeOpacity: Number(own("stroke-opacity") ?? around.strokeOpacity) * Number(own("opacity") ?? 1),
    strokeWidth: Number.parseFloat(own("stroke-width") ?? String(around.strokeWidth)),
    dash: own("stroke-dasharray") ?? around.dash,
    size: size === undefined || size === null ? around.size : Number.parseFloat(size),
    bold: weight === undefined ? around.bold : weight === "bold" || Number(weight) >= 600,
    anchor: own("text-anchor") ?? around.anchor,
  };
}

/** A list of translations, scalings and rotations as one matrix; undefined where there is none. */
function matrixOf(transform: string | null): number[] | undefined {
  if (!transform) return undefined;
  return [...transform.matchAll(/(\w+)\(([^)]*)\)/g)].reduce(
    (m, [, kind, given]) => {
      const [a = 0, b = 0, c = 0] = given!.split(/[ ,]+/).map(Number);
      if (kind === "translate") return times(m, [1, 0, 0, 1, a, b]);
      if (kind === "scale") return times(m, [a, 0, 0, given!.includes(",") ? b : a, 0, 0]);
      if (kind !== "rotate") throw new Error(`svgPdf: no transform ${kind}`);
      const [cos, sin] = [Math.cos((a * Math.PI) / 180), Math.sin((a * Math.PI) / 180)];
      return times(times(times(m, [1, 0, 0, 1, b, c]), [cos, sin, -sin, cos, 0, 0]), [1, 0, 0, 1, -b, -c]);
    },
    [1, 0, 0, 1, 0, 0],
  );
}

/** The matrix that applies `b` first. */
const times = ([a1, b1, c1, d1, e1, f1]: number[], [a2, b2, c2, d2, e2, f2]: number[]): number[] => [
  ...[a1! * a2! + c1! * b2!, b1! * a2! + d1! * b2!, a1! * c2! + c1! * d2!, b1! * c2! + d1! * d2!],
  ...[a1! * e2! + c1! * f2! + e1!, b1! * e2! + d1! * f2! + f1!],
];

/** Red, green and blue from 0 to 1; undefined for no colour. */
function colourOf(text: string, color: string): string | undefined {
  if (text === "none" || text === "transparent") return undefined;
  if (text === "currentColor" || text === "currentcolor") return colourOf(color, "#000000");
  const named: Readonly<Record<string, string>> = { black: "#000000", white: "#ffffff" };
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(named[text] ?? text)?.[1];
  if (!hex) throw new Error(`svgPdf: no colour ${text}`);
  const long = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
  return [0, 2, 4].map((at) => n(Number.parseInt(long.slice(at, at + 2), 16) / 255)).join(" ");
}

/** The operators that set colours, opacities and lines, and the one that paints with them; undefined where nothing is painted. */
function inked(style: Style, page: Page): { readonly set: string[]; readonly paint: string } | undefined {
  const [fill, stroke] = [colourOf(style.fill, style.color), colourOf(style.stroke, style.color)];
  const [fills, strokes] = [fill && style.fillOpacity > 0, stroke && style.strokeOpacity > 0 && style.strokeWidth > 0];
  if (!fills && !strokes) return undefined;
  const opacity = `/ca ${n(style.fillOpacity)} /CA ${n(style.strokeOpacity)}`;
  if (!page.opacities.has(opacity)) page.opacities.set(opacity, `G${page.opacities.size + 1}`);
  const dash = style.dash === "" || style.dash === "none" ? "" : style.dash.replaceAll(",", " ");
  return {
    set: [
      `/${page.opacities.get(opacity)} gs`,
      ...(fills ? [`${fill} rg`] : []),
      ...(strokes ? [`${stroke} RG`, `${n(style.strokeWidth)} w`, `[${dash}] 0 d`] : []),
    ],
    paint: fills && strokes ? "B" : fills ? "f" : "S",
  };
}

function paintShape(name: string, element: Element, style: Style, page: Page): void {
  const at = (attribute: string): number => Number(element.getAttribute(attribute) ?? 0);
  const isLine = name === "line";
  const ink = inked(isLine ? { ...style, fill: "none" } : style, page);
  const path = pathOf(name, at, element.getAttribute("d") ?? "");
  if (ink && path.length > 0) page.lines.push("q", ...ink.set, ...path, ink.paint, "Q");
}

/** A quarter of a circle by a cubic curve. */
const ROUND = 0.5523;

function pathOf(name: string, at: (attribute: string) => number, d: string): string[] {
  if (name === "line") return [`${n(at("x1"))} ${n(at("y1"))} m`, `${n(at("x2"))} ${n(at("y2"))} l`];
  if (name === "rect") return [`${[at("x"), at("y"), at("width"), at("height")].map(n).join(" ")} re`];
  if (name === "path") return commandsOf(d);
  if (name !== "circle") throw new Error(`svgPdf: no element ${name}`);
  const [x, y, r] = [at("cx"), at("cy"), at("r")];
  const k = ROUND * r;
  const curve = (...points: readonly number[]): string => `${points.map(n).join(" ")} c`;
  return [
    `${n(x + r)} ${n(y)} m`,
    curve(x + r, y + k, x + k, y + r, x, y + r),
    curve(x - k, y + r, x - r, y + k, x - r, y),
    curve(x - r, y - k, x - k, y - r, x, y - r),
    curve(x + k, y - r, x + r, y - k, x + r, y),
    "h",
  ];
}

/** The commands of a path that charts have: M, L, H, V, C and Z, in absolute places, or h and v. */
function commandsOf(d: string): string[] {
  let [x, y] = [0, 0];
  return [...d.matchAll(/([A-Za-z])([^A-Za-z]*)/g)].flatMap(([, command, text]) => {
    const numbers = (text!.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    if (command === "Z" || command === "z") return ["h"];
    const size = { M: 2, L: 2, C: 6, H: 1, V: 1, h: 1, v: 1 }[command!];
    if (size === undefined) throw new Error(`svgPdf: no command ${command} of a path`);
    return Array.from({ length: numbers.length / size }, (_, i) => {
      const own = numbers.slice(i * size, (i + 1) * size);
      if (command === "H") x = own[0]!;
      else if (command === "h") x += own[0]!;
      else if (command === "V") y = own[0]!;
      else if (command === "v") y += own[0]!;
      else [x, y] = own.slice(-2) as [number, number];
      if (command === "C") return `${own.map(n).join(" ")} c`;
      return `${n(x)} ${n(y)} ${command === "M" && i === 0 ? "m" : "l"}`;
    });
  });
}

/** The lines of a text, each with its own place. */
function paintText(element: Element, style: Style, page: Page): void {
  const ink = inked({ ...style, stroke: "none" }, page);
  const length = (value: string | null, otherwise: number): number =>
    value === null ? otherwise : Number.parseFloat(value) * (value.endsWith("em") ? style.size : 1);
  const spans = [...element.querySelectorAll("tspan")];
  let y = length(element.getAttribute("y"), 0) + length(element.getAttribute("dy"), 0);
  const own = length(element.getAttribute("x"), 0);
  for (const line of spans.length > 0 ? spans : [element]) {
    if (line !== element) y = length(line.getAttribute("y"), y) + length(line.getAttribute("dy"), 0);
    const runs = textRuns(line.textContent ?? "", style.bold);
    const wide = runs.reduce((total, { width }) => total + width, 0) * style.size;
    const start = line === element ? own : length(line.getAttribute("x"), own);
    const x = start - (style.anchor === "end" ? wide : style.anchor === "middle" ? wide / 2 : 0);
    if (!ink || runs.length === 0) continue;
    page.lines.push("q", ...ink.set, "BT", `1 0 0 -1 ${n(x)} ${n(y)} Tm`);
    for (const { font, bytes, scale, rise } of runs) {
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
      page.lines.push(`/${font} ${n(style.size * scale)} Tf ${n(rise * style.size)} Ts <${hex}> Tj`);
    }
    page.lines.push("ET", "Q");
  }
}

/** PDF 1.4: a catalog, a page, its operators, fonts, opacities, and the table of where they begin. */
function file(
  { lines, opacities }: Page,
  { width, height, title }: { readonly width: number; readonly height: number; readonly title: string },
): Uint8Array {
  const content = `${lines.join("\n")}\n`;
  const font = (name: string, encoding: string): string =>
    `<< /Type /Font /Subtype /Type1 /BaseFont /${name}${encoding} >>`;
  const states = [...opacities].map(([opacity, name]) => `/${name} << ${opacity} >>`).join(" ");
  const fonts = `/F1 ${font("Helvetica", " /Encoding /WinAnsiEncoding")} /F2 ${font("Helvetica-Bold", " /Encoding /WinAnsiEncoding")} /F3 ${font("Symbol", "")}`;
  const utf16 = [...`\ufeff${title}`].flatMap((character) => character.split("")).map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0")).join(""); // biome-ignore format: one line
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${n(width)} ${n(height)}] /Contents 4 0 R /Resources << /Font << ${fonts} >> /ExtGState << ${states} >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}endstream`,
    `<< /Title <${utf16}> >>`,
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((object, i) => {
    const place = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return new TextEncoder().encode(text + end);
}
