import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Resvg } from "@resvg/resvg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { howMany } from "../../test/support/full.ts";
import { decodePng } from "../data/images/png.ts";
import { intervalChart, lineChart, svgPdf } from "./index.ts";
import { textRuns } from "./pdf-text.ts";
import { textsOf } from "./testing.ts";

/** Poppler reads the file by itself: what it draws and where it finds texts is compared with the chart. */
const isThere = spawnSync("pdftoppm", ["-v"]).error === undefined;
const needed = process.env.HEAVISIDE_REQUIRE_ALL === "1";
const pictures = new URL("../../docs/pictures/", import.meta.url);
const charts = readdirSync(pictures)
  .map((file) => ({ file, svg: readFileSync(new URL(file, pictures), "utf8") }))
  .filter(({ svg }) => svg.includes('aria-label="title"') && !svg.includes("<image"))
  .filter(({ svg }) => /<(line|rect|circle|path) /.test(svg));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heaviside-pdf-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A page as grey levels, row by row. */
function rasterised(pdf: Uint8Array, width: number): { width: number; levels: Float64Array } {
  const path = join(folder, "page");
  writeFileSync(`${path}.pdf`, pdf);
  execFileSync("pdftoppm", ["-r", "72", "-scale-to-x", String(width), "-scale-to-y", "-1", "-png", "-singlefile", `${path}.pdf`, path]); // biome-ignore format: one line
  return grey(readFileSync(`${path}.png`));
}

function grey(png: Uint8Array) {
  const { data, channels, width } = decodePng(png);
  const colours = Math.min(3, channels);
  const levels = new Float64Array(data.length / channels);
  for (let i = 0; i < levels.length; i++)
    for (let c = 0; c < colours; c++) levels[i]! += data[i * channels + c]! / colours;
  return { width, levels };
}

const withoutText = (svg: string): string => svg.replaceAll(/<text[\s\S]*?<\/text>/g, "");

describe.skipIf(!isThere && !needed)("what Poppler reads", () => {
  it("has the shapes of the chart, of every picture in the docs", async () => {
    expect(charts.length).toBeGreaterThan(15);
    for (const { file, svg } of charts.slice(0, howMany(charts.length, 3))) {
      const bare = withoutText(svg);
      const { width, levels } = rasterised(await svgPdf(bare), 440);
      const drawing = new Resvg(bare.replaceAll("currentColor", "#1b1b1b"), { background: "#ffffff", fitTo: { mode: "width", value: 440 } }); // biome-ignore format: one line
      const expected = grey(drawing.render().asPng());
      expect(width).toBe(expected.width);
      const rows = Math.min(levels.length, expected.levels.length);
      const apart = levels.slice(0, rows).reduce((total, level, i) => total + Math.abs(level - expected.levels[i]!), 0);
      const inked = expected.levels.reduce((total, level) => total + (255 - level), 0);
      // Edges are smoothed in other ways: up to a third of the ink of thin lines.
      expect(apart / inked, file).toBeLessThan(0.35);
      expect(Math.abs(levels.reduce((total, level) => total + (255 - level), 0) / inked - 1), file).toBeLessThan(0.12);
    }
  }, 60_000);

  it("has the texts of the chart at their places", async () => {
    const svg = await intervalChart([{ name: "σ = 0.1, n ≤ 5", value: 2e-6, low: 1e-6, high: 3e-6 }, { name: "naïve", value: 4e-6, low: 3e-6, high: 5e-6 }], { title: "Ünder (one) \\ 10⁻⁶", x: "loss" }); // biome-ignore format: one line
    const path = join(folder, "texts.pdf");
    writeFileSync(path, await svgPdf(svg));
    const html = execFileSync("pdftotext", ["-bbox", path, "-"], { encoding: "utf8" });
    const words = [...html.matchAll(/xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</g)];
    const said = words.map(([, , , , , word]) => word);
    for (const word of ["Ünder", "(one)", "\\", "σ", "=", "0.1,", "≤", "naïve", "loss", "→"])
      expect(said).toContain(word);
    const scale = (84 * 72) / 25.4 / 440;
    const [, top = 0] = /viewBox="0 (-?\d+)/.exec(svg)!.map(Number);
    const endsOf = (word: string): number[] => words.find((found) => found[5] === word)!.slice(1, 5).map((at) => Number(at) / scale); // biome-ignore format: one line
    // A name ends at its place. The label of the axis is around its own, with the arrow behind it.
    const [name, label] = ["naïve", "loss"].map((word) => textsOf(svg).find((text) => text.text.startsWith(word))!);
    expect(Math.abs(endsOf("naïve")[2]! - name!.right)).toBeLessThan(1);
    expect(Math.abs((endsOf("loss")[0]! + endsOf("→")[2]! - label!.left - label!.right) / 2)).toBeLessThan(1);
    expect(Math.abs(endsOf("loss")[3]! + top - label!.bottom)).toBeLessThan(5);
    expect(top).toBeLessThan(0);
  });
});

it("is a page of the width that is asked for, and the same bytes each time", async () => {
  const svg = await lineChart([{ name: "a", points: [{ x: 1, y: 1 }, { x: 2, y: 3 }] }], { title: "t", x: "x", y: "y" }); // biome-ignore format: one line
  const text = new TextDecoder().decode(await svgPdf(svg, 120));
  expect(text).toBe(new TextDecoder().decode(await svgPdf(svg, 120)));
  expect(text.startsWith("%PDF-1.4\n")).toBe(true);
  const [, width] = /MediaBox \[0 0 ([\d.]+)/.exec(text)!;
  expect(Number(width)).toBeCloseTo((120 / 25.4) * 72, 2);
  // Each object begins where the table says.
  const places = [...text.matchAll(/^(\d{10}) 00000 n $/gm)].map(([, place]) => Number(place));
  places.forEach((place, i) => expect(text.slice(place).startsWith(`${i + 1} 0 obj`)).toBe(true));
  expect(Number(/startxref\n(\d+)/.exec(text)![1])).toBe(text.indexOf("xref\n0"));
  expect(Number(/\/Length (\d+)/.exec(text)![1])).toBe(/stream\n([\s\S]*)endstream/.exec(text)![1]!.length);
});

it("refuses what it doesn't understand", async () => {
  const of = (inside: string) => svgPdf(`<svg viewBox="0 0 9 9">${inside}</svg>`);
  await expect(of('<image href="a.png"/>')).rejects.toThrow("svgPdf: no element image");
  await expect(of('<path d="M0,0A1,1,0,0,1,2,2"/>')).rejects.toThrow("svgPdf: no command A of a path");
  await expect(of('<rect fill="url(#a)" width="1" height="1"/>')).rejects.toThrow("svgPdf: no colour url(#a)");
});

/** Adobe's font metrics, which R brings. */
const metrics = "/usr/lib/R/library/grDevices/afm/";
it.skipIf(!existsSync(metrics) && !needed)("knows the widths of Adobe's fonts", () => {
  const widthsOf = (name: string) => {
    const text = gunzipSync(readFileSync(`${metrics}${name}.afm.gz`)).toString("latin1");
    return new Map(
      [...text.matchAll(/^C -?\d+ ; WX (\d+) ; N (\w+)/gm)].map(([, width, glyph]) => [glyph!, Number(width)]),
    );
  };
  const named: Readonly<Record<string, string>> = { " ": "space", "'": "quotesingle", "`": "grave", "%": "percent", "(": "parenleft", W: "W", a: "a", z: "z", 0: "zero", "~": "asciitilde", "·": "periodcentered", "×": "multiply", é: "eacute", Ü: "Udieresis" }; // biome-ignore format: one line
  for (const [font, isBold] of [
    ["Helvetica", false],
    ["Helvetica-Bold", true],
  ] as const) {
    // biome-ignore format: one line
    const widths = widthsOf(font);
    for (const [character, glyph] of Object.entries(named))
      expect(1000 * textRuns(character, isBold)[0]!.width, `${font} ${glyph}`).toBeCloseTo(widths.get(glyph)!, 6);
    for (let code = 65; code <= 90; code++) {
      const letter = String.fromCharCode(code);
      expect(1000 * textRuns(letter, isBold)[0]!.width, letter).toBeCloseTo(widths.get(letter)!, 6);
    }
  }
  const symbol = widthsOf("Symbol");
  const greek = { "→": "arrowright", "↑": "arrowup", "−": "minus", σ: "sigma", θ: "theta", "≤": "lessequal", "∞": "infinity", "∂": "partialdiff" }; // biome-ignore format: one line
  for (const [character, glyph] of Object.entries(greek))
    expect(1000 * textRuns(character, false)[0]!.width, glyph).toBeCloseTo(symbol.get(glyph)!, 6);
});

it("cuts what a clip path cuts, and refuses one that isn't there", async () => {
  const svg = (clip: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><clipPath id="c"><rect x="1" y="2" width="3" height="4"/></clipPath><g clip-path="url(#${clip})"><rect x="0" y="0" width="20" height="20" fill="#000000"/></g></svg>`;
  const text = new TextDecoder("latin1").decode(await svgPdf(svg("c"), 20));
  expect(text).toMatch(/q\n1 2 3 4 re\nW n\n[\s\S]*0 0 20 20 re\nf\nQ\nQ/);
  await expect(svgPdf(svg("d"), 20)).rejects.toThrow("svgPdf: no clip path d");
});
