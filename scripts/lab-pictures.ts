// npx tsx scripts/lab-pictures.ts [FOLDER]: the pictures of the lab in docs/pictures, of the page as it is built now. With a folder, pictures of
// every station at 390 and 1280 pixels, light and dark, are written there instead, to be looked at.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { decodePng } from "../src/data/images/png.ts";
import { mnistFiles } from "../src/lab/mnist.ts";
import { serveLab } from "../src/lab/server.ts";
import { encodePng } from "../src/plots/png.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder] = process.argv.slice(2);
const SETTINGS = "#train.hidden=100&train.limit=10000&train.epochs=6&train.rate=0.3&train.threads=2";
const stations = ["neuron", "train"];

/** The part of the driver of browsers that is used here; it is a package of lab/. */
interface Driver {
  readonly chromium: { launch(options: object): Promise<Browser> };
}
interface Browser {
  newPage(options: object): Promise<Page>;
  close(): Promise<void>;
}
interface Page {
  goto(url: string): Promise<unknown>;
  locator(selector: string): Locator;
  close(): Promise<void>;
}
interface Locator {
  click(): Promise<void>;
  waitFor(options?: object): Promise<void>;
  screenshot(options: object): Promise<Buffer>;
}

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

async function draw(
  browser: Browser,
  url: string,
  width: number,
  colorScheme: string,
): Promise<[string, Uint8Array][]> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
  await page.goto(`${url}${SETTINGS}`);
  await page.locator("text=16,384 estimates each").waitFor();
  await page.locator("button.main").click();
  await page.locator("[data-result]").waitFor({ timeout: 120_000, state: "attached" });
  const drawn: [string, Uint8Array][] = [];
  for (const station of stations)
    drawn.push([station, await inFewColours(await page.locator(`#${station}`).screenshot({ animations: "disabled" }))]);
  await page.close();
  return drawn;
}

const { chromium } = (await import(
  pathToFileURL(join(root, "lab/node_modules/playwright-core/index.mjs")).href
)) as Driver;
const place = { folder: join(root, "dist/lab"), kernels: join(root, "src/backends/wasm") };
const server = await serveLab({ ...place, mnist: mnistFiles, host: "127.0.0.1", port: 0 });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
try {
  const views =
    folder === undefined
      ? [[1280, "light"]]
      : [390, 1280].flatMap((width) => [
          [width, "light"],
          [width, "dark"],
        ]);
  for (const [width, scheme] of views as [number, string][])
    for (const [station, png] of await draw(browser, server.url, width, scheme)) {
      const name =
        folder === undefined ? `docs/pictures/lab-${station}.png` : join(folder, `${station}-${width}-${scheme}.png`);
      if (folder !== undefined) mkdirSync(folder, { recursive: true });
      writeFileSync(name, png);
      console.log(`${name}: ${Math.round(png.length / 1000)} kB`);
    }
} finally {
  await browser.close();
  await server.close();
}
