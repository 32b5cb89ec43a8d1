import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadDataset } from "../../src/data/index.ts";
import { charactersOf } from "../../src/data/sequences/characters.ts";
import { strokesIn } from "../../src/data/sequences/stroke-xml.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { mutateJson } from "./mutate.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Files that sequences are made of: pens' ways as XML and as JSON, and texts. */
export const strokes: Suite = {
  name: "strokes",
  about: "damaged files of pens' ways and of text, beside a simple reader",
  cases: 800,
  full: 100_000,
  run: (options) =>
    eachCase(options, async (seed) => {
      const draws = new Draws(seed);
      const kind = draws.below(8);
      if (kind === 0) return medianCase(draws, options.folder);
      return kind < 3 ? characterCase(draws) : xmlCase(draws);
    }),
};

const damaged = (text: string, draws: Draws): string =>
  Buffer.from(draws.of(Object.values(damages))(Buffer.from(text), draws)).toString("utf8");

const numbers = ["0", "-12", "3.5", "+7", ".5", "1e3", "1e999", "", "x", "0x10", "NaN", "12345678901234567890"];

/** A file of lines, with what XML allows between them; now and then very long parts. */
function drawnXml(draws: Draws): string {
  const number = (): string => draws.of(draws.oneIn(8) ? numbers : numbers.slice(0, 6));
  const space = (): string => draws.of(["", "", " ", "\n", "\r\n\t"]);
  const point = (): string => {
    const [q, r] = [draws.of(['"', "'"]), draws.of(['"', "'"])];
    const attributes = [`x=${q}${number()}${q}`, `y${space()}=${space()}${r}${number()}${r}`, ...(draws.oneIn(2) ? ['time="1.5"'] : [])]; // biome-ignore format: one line
    if (draws.oneIn(2)) attributes.reverse();
    return `<Point ${attributes.join(" ")}${draws.of(["/>", " />", "></Point>"])}`;
  };
  const long = (): string => (draws.oneIn(40) ? draws.of(["a", " ", "<", "-", "?"]).repeat(1 << draws.below(15)) : "");
  const comment = (): string =>
    draws.oneIn(4) ? `<!-- <Point x="9" y="9"/> ${long().replaceAll(/[<-]/g, "a")} -->` : space();
  const stroke = (): string =>
    `<Stroke colour="black">${Array.from({ length: draws.below(4) + (draws.oneIn(9) ? 0 : 1) }, () => comment() + point()).join("")}${space()}</Stroke>`;
  const strokes = Array.from({ length: 1 + draws.below(3) }, () => space() + stroke());
  const head = draws.oneIn(2) ? `<?xml version="1.0"?>${space()}` : "";
  return `${head}<WhiteboardCaptureSession>${comment()}<General><Form id="1"/></General>${long()}<StrokeSet>${strokes.join("")}</StrokeSet></WhiteboardCaptureSession>${space()}`;
}

/** The points of the strokes by taking comments away and splitting at tags. */
function simplyRead(xml: string): string {
  const plain = xml.replaceAll(/<!--[\s\S]*?-->/g, "");
  const lines = plain.split(/<Stroke(?=[\s>/])/).slice(1).map((part) => part.split("</Stroke")[0]!); // biome-ignore format: one line
  const numberOf = (tag: string, name: string): number =>
    Number(new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(tag)![1]);
  return JSON.stringify(
    lines.map(
      (line) =>
      line.split(/<Point(?=\s)/).slice(1).map((tag) => tag.split(">")[0]!).map((tag) => [numberOf(tag, "x"), numberOf(tag, "y")]), // biome-ignore format: one line
    ),
  );
}

async function xmlCase(draws: Draws): Promise<string> {
  const good = drawnXml(draws);
  const xml = draws.oneIn(2) ? good : damaged(good, draws);
  const found = await attempt(xml.length, "data", () => strokesIn(xml, "f.xml"));
  if (found === REFUSED) return REFUSED;
  const [read, simple] = [JSON.stringify(found), simplyRead(xml)];
  // Tags of another kind between those that are counted are the reader's to know.
  if (read !== simple && xml === good)
    throw new Error(`read ${read}, simply ${simple}: ${JSON.stringify(xml.slice(0, 2000))}`);
  if (!found.every((line) => line.length > 0 && line.flat().every(Number.isFinite))) throw new Error(`read ${read}`);
  return "read";
}

const characters = [..."永一二三"];

/** A folder of characters as JSON, some of them strange: refused, or finite steps. */
async function medianCase(draws: Draws, home: string): Promise<string> {
  const dir = join(home, "strokes");
  await mkdir(dir, { recursive: true });
  const drawing = () => ({ strokes: ["M 0"], medians: Array.from({ length: 1 + draws.below(3) }, () => Array.from({ length: 1 + draws.below(4) }, () => [draws.below(1024), draws.below(1024)])) }); // biome-ignore format: one line
  let good = true;
  for (const character of characters) {
    const text = JSON.stringify(drawing());
    const kind = draws.below(8);
    if (kind < 2) good = false;
    await writeFile(join(dir, `${character}.json`), kind === 0 ? damaged(text, draws) : kind === 1 ? (JSON.stringify(mutateJson(JSON.parse(text), draws)) ?? "") : text); // biome-ignore format: one line
  }
  // A long line is cut into many points: the reader's own limit is 100,000 for each character.
  const found = await attempt(1_000_000, "data|[^:]*\\.json(:\\d+)*", () =>
    loadDataset("strokes", { dir, spacing: draws.of([32, 64, 1000]) }),
  );
  if (found === REFUSED) {
    return REFUSED;
  }
  for (const part of [found.train, found.valid, found.test] as { fields: { x: { data: Float32Array } } }[])
    if (!part.fields.x.data.every(Number.isFinite))
      throw new Error(`steps that are no numbers${good ? "" : ", of files that were changed"}`);
  return "loaded";
}

const symbols = [..."ab\n\r\u0000ü😀e", "\r\n", "\ud800", "__proto__"];

/** A text of any characters: refused, or each label is the next character. */
async function characterCase(draws: Draws): Promise<string> {
  const text = Array.from({ length: draws.below(120) }, () => draws.of(symbols)).join("");
  const options = { length: 1 + draws.below(4), valid: draws.of([0.05, 0.2, 0.5]), test: draws.of([0.05, 0.2, 0.6]) };
  const found = await attempt(100 * text.length, "data", () => charactersOf(text, "f.txt", options));
  if (found === REFUSED) return REFUSED;
  const all = [...text.replaceAll("\r\n", "\n")];
  const size = Math.floor(options.test * all.length);
  const { label } = found.test.fields;
  const wanted = [...new Set(all)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const read = [...label.data].map((code: number) => wanted[code]).join("");
  const there = all.slice(all.length - size + 1, all.length - size + 1 + label.data.length).join("");
  if (read !== there) throw new Error(`labels are ${JSON.stringify(read)}, there is ${JSON.stringify(there)}`);
  return "read";
}
