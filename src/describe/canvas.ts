import { escapeXml } from "../plots/escape.ts";
import { formulaSpans } from "./cells/formula.ts";

const FLOW = "#000";
const BACK = "#9a1b1b";
const QUIET = "#666";
/** A neuron's body, and the ground of cards. */
const BODY = "#f7e2bd";
const GROUND = "#f3f6fa";
export const colours = { flow: FLOW, back: BACK, quiet: QUIET, body: BODY, ground: GROUND } as const;

/** What stands for each colour on a dark ground. */
const dark: Readonly<Record<string, string>> = {
  [FLOW]: "#e6edf3",
  [BACK]: "#ff9a8f",
  [QUIET]: "#9ea7b3",
  [BODY]: "#5a4420",
  [GROUND]: "#1c2128",
  "#fff": "#0d1117",
};
/** Rules that hold inside the drawing alone, so that it may stand in a page. */
const darkRules = (): string =>
  Object.entries(dark)
    .flatMap(([light, other]) => ["fill", "stroke"].map((what) => `.both [${what}="${light}"]{${what}:${other}}`))
    .join("");

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: string;
}

export interface PathOptions {
  readonly fill?: string;
  readonly stroke?: string;
  readonly width?: number;
  /** Ends in an arrow of values, or of derivatives. */
  readonly end?: "flow" | "back" | "quiet";
}

/** A list of SVG shapes with the few that a functional diagram needs. y grows downwards. */
export class Canvas {
  readonly #shapes: string[] = [];

  text(x: number, y: number, text: string, options: TextOptions = {}): void {
    const { anchor = "start", size = 13, bold = false, colour = FLOW } = options;
    this.#shapes.push(
      `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${bold ? ' font-weight="bold"' : ""}>${escapeXml(text)}</text>`,
    );
  }

  /** A text with letters above and below the line, as `readable` writes it. */
  formula(x: number, y: number, formula: string, options: TextOptions = {}): void {
    const { anchor = "start", size = 13, colour = FLOW } = options;
    this.#shapes.push(
      `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}">${formulaSpans(formula, size)}</text>`,
    );
  }

  /** Any outline, filled where a colour is given. */
  path(d: string, { fill = "none", stroke = FLOW, width = 1.4, end }: PathOptions = {}): void {
    const marker = end === undefined ? "" : ` marker-end="url(#${end})"`;
    const dashes = stroke === BACK ? ' stroke-dasharray="5 3"' : "";
    this.#shapes.push(
      `<path d="${d}" fill="${fill}" stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round"${dashes}${marker}/>`,
    );
  }

  /** Where a line branches off. */
  dot(x: number, y: number): void {
    this.#shapes.push(`<circle cx="${x}" cy="${y}" r="2.6" fill="${FLOW}"/>`);
  }

  circle(x: number, y: number, radius: number, label: string): void {
    this.#shapes.push(`<circle cx="${x}" cy="${y}" r="${radius}" fill="#fff" stroke="${FLOW}" stroke-width="1.4"/>`);
    if (label !== "") this.text(x, y + 5, label, { anchor: "middle", size: 15 });
  }

  box(x: number, y: number, width: number, height: number): void {
    this.#shapes.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="#fff" stroke="${FLOW}" stroke-width="1.4"/>`,
    );
  }

  /** A solid arrow: values flow. */
  arrow(x1: number, y1: number, x2: number, y2: number): void {
    this.#shapes.push(
      `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${FLOW}" stroke-width="1.4" marker-end="url(#flow)"/>`,
    );
  }

  /** Where values branch off, before their arrow. */
  line(x1: number, y1: number, x2: number, y2: number): void {
    this.#shapes.push(`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${FLOW}" stroke-width="1.4"/>`);
  }

  /** A dashed arrow: derivatives flow back. */
  back(x1: number, y1: number, x2: number, y2: number, colour: string = BACK): void {
    this.#shapes.push(
      `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-width="1.2" stroke-dasharray="5 3" marker-end="url(#${colour === BACK ? "back" : "quiet"})"/>`,
    );
  }

  /** @param themed whether it has colours of its own where the reader prefers a dark ground */
  svg(title: string, width: number, height: number, themed = false): string {
    const head = (id: string, colour: string): string =>
      `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0.5L7.5,4L0,7.5Z" fill="${colour}"/></marker>`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, Noto Sans, Arial, sans-serif"${themed ? ' class="both"' : ""}>`,
      `<title>${escapeXml(title)}</title>`,
      `<defs>${head("flow", FLOW)}${head("back", BACK)}${head("quiet", QUIET)}</defs>`,
      ...(themed ? [`<style>@media (prefers-color-scheme: dark){${darkRules()}}</style>`] : []),
      `<rect width="${width}" height="${height}" fill="#fff"/>`,
      ...this.#shapes,
      "</svg>",
    ].join("\n");
  }
}
