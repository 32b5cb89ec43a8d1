// npm run lab:pictures [FOLDER] [STATION,…]: the pictures of the lab in docs/pictures, of the page as it is built now. With a folder, pictures of
// every station at 390 and 1280 pixels, light and dark, are written there instead, to be looked at.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { decodePng } from "../src/data/images/png.ts";
import { imageSets } from "../src/lab/image-sets.ts";
import { serveLab } from "../src/lab/server.ts";
import { encodePng } from "../src/plots/png.ts";
import { openPage, pictureOf, startBrowser } from "./e2e/site.ts";
import { stationTests } from "./e2e/stations/index.ts";
import { watchedRuns } from "./e2e/stations/watch.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder, only] = process.argv.slice(2);
const drawn = stationTests.filter(({ id }) => only === undefined || only.split(",").includes(id));

/** The same picture in the 256 colours that most of its pixels have, others in the nearest of these: a third of the bytes. */
async function inFewColours(png: Uint8Array): Promise<Uint8Array> {
  const { width, height, channels, data } = decodePng(png);
  const coarse = (at: number): number => {
    const [r = 0, g = 0, b = 0] = data.subarray(at * channels, at * channels + 3);
    return ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3);
  };
  const keys = Uint16Array.from({ length: width * height }, (_, at) => coarse(at));
  const found = new Map<number, { count: number; colour: number[] }>();
  keys.forEach((key, at) => {
    const known = found.get(key);
    if (known) known.count++;
    else found.set(key, { count: 1, colour: [...data.subarray(at * channels, at * channels + 3)] });
  });
  const palette = [...found.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, 256)
    .map(({ colour }) => colour);
  const distance = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);
  const places = new Map(
    [...found].map(([key, { colour }]) => {
      const distances = palette.map((other) => distance(colour, other));
      return [key, distances.indexOf(Math.min(...distances))];
    }),
  );
  return encodePng({ width, height, pixels: Uint8Array.from(keys, (key) => places.get(key)!), palette });
}

/** Pictures of all stations, each ready in a page of its own. */
async function* draw(browser: Browser, url: string, width: number, colorScheme: "light" | "dark") {
  for (const station of drawn) {
    const { page } = await openPage(browser, `${url}#${station.picture}`, { width, colorScheme });
    yield { id: station.id, png: await pictureOf(page, station) };
    await page.close();
  }
}

/** The beginning of every station, three in a row, with their names: the README's picture of the page. */
async function sheetOf(browser: Browser, pictures: readonly { readonly id: string; readonly png: Uint8Array }[]) {
  const { stations } = await import("./src/stations/index.ts");
  const cells = pictures.map(({ id, png }) => {
    const { title } = stations.find((station) => station.id === id)!;
    return `<figure><figcaption>${title}</figcaption><img src="data:image/png;base64,${Buffer.from(png).toString("base64")}"></figure>`;
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.setContent(`<style>
    body { display: grid; grid-template-columns: repeat(3, 1fr); gap: 20px 16px; margin: 0; padding: 12px; width: 1256px; font: 600 20px system-ui, sans-serif; }
    figure { margin: 0; }
    img { display: block; width: 100%; height: 290px; object-fit: cover; object-position: top; border: 1px solid #c9ced6; border-radius: 6px; }
    figcaption { margin-bottom: 4px; }
  </style>${cells.join("")}`);
  const sheet = await page.locator("body").screenshot();
  await page.close();
  return sheet;
}

const views =
  folder === undefined
    ? ([[1280, "light"]] as const)
    : ([390, 1280] as const).flatMap((width) => (["light", "dark"] as const).map((scheme) => [width, scheme] as const));
const place = { folder: join(root, "dist/lab"), kernels: join(root, "src/backends/wasm"), watch: [watchedRuns] };
const server = await serveLab({ ...place, sets: imageSets(), host: "127.0.0.1", port: 0 });
const browser = await startBrowser();
try {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const drawnNow: { id: string; png: Uint8Array }[] = [];
  for (const [width, scheme] of views)
    for await (const { id, png } of draw(browser, server.url, width, scheme)) {
      drawnNow.push({ id, png });
      const name = folder === undefined ? `docs/pictures/lab-${id}.png` : join(folder, `${id}-${width}-${scheme}.png`);
      const small = await inFewColours(png);
      writeFileSync(name, small);
      console.log(`${name}: ${Math.round(small.length / 1000)} kB`);
    }
  if (folder === undefined) {
    const name = "docs/pictures/lab.png";
    const small = await inFewColours(await sheetOf(browser, drawnNow));
    writeFileSync(name, small);
    console.log(`${name}: ${Math.round(small.length / 1000)} kB`);
  }
} finally {
  await browser.close();
  await server.close();
}
