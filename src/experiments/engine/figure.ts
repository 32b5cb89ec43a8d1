import { svgPdf } from "../../plots/index.ts";

/** Pixels of the PNG for one of the SVG. */
const SCALE = 2;
/** The package that turns vectors into pixels. The PDF needs none, and a training needs neither: who wants the PNG installs it. */
export const RASTERISER = "@resvg/resvg-js";

/** A picture in other formats, for a paper and for slides. */
export interface FigureFiles {
  /** Vectors, 84 mm wide. */
  readonly pdf: Uint8Array;
  /** Twice as many pixels each way; undefined where the rasteriser isn't installed. */
  readonly png: Uint8Array | undefined;
}

/** A chart as PDF and PNG. */
export const figureFiles = async (svg: string): Promise<FigureFiles> => ({
  pdf: await svgPdf(svg),
  png: await svgPng(svg),
});

async function svgPng(svg: string): Promise<Uint8Array | undefined> {
  let rasteriser: typeof import("@resvg/resvg-js");
  try {
    rasteriser = await import("@resvg/resvg-js");
  } catch {
    return undefined;
  }
  // It reads no styles of the root.
  const inked = svg.replaceAll("currentColor", "#1b1b1b");
  const font = { loadSystemFonts: true, defaultFontFamily: "sans-serif" };
  const drawing = new rasteriser.Resvg(inked, { background: "#ffffff", fitTo: { mode: "zoom", value: SCALE }, font });
  return drawing.render().asPng();
}
