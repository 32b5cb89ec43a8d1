/** See the network: the numbers of the page are those of the library for the same file. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import { resolveConfig } from "../../../src/config/config.ts";
import { loadDataset } from "../../../src/data/index.ts";
import { loadModel } from "../../../src/predict/load-model.ts";
import { sharesOf } from "../../../src/report/gather/gate-shares.ts";
import { type Passage, passageOf } from "../../../src/report/gather/passage.ts";
import { probabilitiesOf } from "../../../src/report/gather/probabilities.ts";
import { rastersOf } from "../../../src/report/gather/raster.ts";
import { readingsOf } from "../../../src/report/gather/readings.ts";
import { workOf } from "../../../src/report/gather/work.ts";
import { shortText } from "../../src/stations/network/letters.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

/** Waits until the worker has told everything, or there is no network. */
const told = (page: Page) =>
  page.locator("#network [data-state='done'], #network [data-state='none']").waitFor({ timeout: 120_000 });

/** The network that the page looks into, as the file that it saves. */
async function savedModel(page: Page) {
  const save = page.getByRole("button", { name: "Save this network" });
  const [download] = await Promise.all([page.waitForEvent("download"), save.click()]);
  return loadModel(await readFile(await download.path()));
}

/** Which cells of the firing raster are full, row by row, as they are drawn. */
const drawn = (page: Page) =>
  page.locator("#network .raster canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    // Of a copy: Chromium warns where one that is drawn by the graphics card is read twice.
    const copy = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", {
      willReadFrequently: true,
    })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    return Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => Number(data[4 * (row * width + column) + 3] === 255)),
    );
  });
/** The same of a raster: a gap of one cell stands between two groups. */
const expected = ({ rows, groups }: ReturnType<typeof rastersOf>[number]) =>
  rows.map((row) => {
    let from = 0;
    return groups.flatMap(({ columns }, i) => {
      const own = [...row.subarray(from, (from += columns))].map((value) => Number(value !== 0));
      return i === 0 ? own : [0, ...own];
    });
  });
const numberAt = async (page: Page, attribute: string, within = "") =>
  Number(await page.locator(`#network ${within}[${attribute}]`).getAttribute(attribute));

export const network: StationTest = {
  id: "network",
  picture: "network.network=gated&network.tab=fires",
  // The network of Train, where that has one.
  quick: "network.network=own",
  async ready(page) {
    await told(page);
  },
  tests(lab) {
    test("says what the library says of the file that it saves, without gates and with them", {
      timeout: 240_000,
    }, async () => {
      const { page, said } = await lab().open("#network.network=binary&network.image=8&network.seed=3&at=network");
      await told(page);
      const data = await loadDataset("mnist", { limit: 20_000 });
      const backend = await wasmBackend({ threads: 1 });
      try {
        const { model, params } = await savedModel(page);
        const [raster] = rastersOf(model, params, data, { backend });
        expect(await drawn(page)).toEqual(expected(raster!));
        const [after] = probabilitiesOf(model, params, data, { backend });
        const [before] = probabilitiesOf(model, model.init(1).params, data, { backend });
        expect(await numberAt(page, "data-undecided")).toBe(after!.undecided);
        expect(await numberAt(page, "data-before")).toBe(before!.undecided);
        expect(after!.undecided).toBeLessThan(0.3);

        const { loss, units } = passageOf(model, backend)!(params, data, 8, 3);
        const step = (name: RegExp) => page.locator("#network .flow").getByRole("button", { name });
        await expect(step(/^L 1 /).textContent()).resolves.toContain(loss.toFixed(3));
        await step(/^p₁/).press("Enter");
        await page.waitForURL("**network.show=p1**");
        const cells = await page.locator("#network .unit tbody td").allTextContents();
        const [{ a, p, u, h, slopeOfH }] = units as [(typeof units)[0]];
        const text = [a, p!, u!].map(({ data: [first] }) => first!.toFixed(3).replace("-", "−"));
        expect(cells.slice(0, 4)).toEqual([...text, String(h.data[0])]);
        expect(Number(cells[4]!.replaceAll("−", "-"))).toBeCloseTo(Number(slopeOfH.data[0]!.toPrecision(3)), 4);

        // By keyboard to the next tab.
        await page.getByRole("tab", { name: "This step" }).press("ArrowRight");
        await page.waitForURL("**network.tab=fires**");
        await page.getByRole("button", { name: "Look into the network with gates" }).click();
        await page.locator("#network [data-state='busy']").waitFor();
        await told(page);
        const gated = await savedModel(page);
        expect(await drawn(page)).toEqual(expected(rastersOf(gated.model, gated.params, data, { backend })[0]!));
        const read = readingsOf(gated.model, gated.params, data, { backend, readout: "deterministic" })!;
        const shares = sharesOf(read, read.opened[0]!);
        const shown = JSON.parse(
          (await page.locator("#network [data-shares]").getAttribute("data-shares"))!,
        ) as number[];
        expect(shown.toSorted()).toEqual(shares.flat().map((share) => Number(share.toFixed(4))).toSorted()); // biome-ignore format: one line
        const { training } = resolveConfig({ data: { name: "mnist" }, training: { batch: 100 } }, "test");
        const { accounts } = workOf(gated.model, gated.params, data, { backend, training });
        for (const phase of ["inference", "training"] as const) {
          const row = `[data-work=${phase}]`;
          expect(await numberAt(page, "data-done", row)).toBe(accounts[phase].done);
          expect(await numberAt(page, "data-dense", row)).toBe(accounts[phase].dense);
          expect(await page.locator(`#network [data-times=${phase}] b`).allTextContents()).toHaveLength(3);
        }
        expect(accounts.inference.done).toBeLessThan(0.2 * accounts.inference.dense);
        expect(said).toEqual([]);
      } finally {
        await backend.close();
      }
    });

    test("opens a network of convolutions and one of a cell, with the library's values", {
      timeout: 240_000,
    }, async () => {
      const data = await loadDataset("mnist", { dir: lab().few.dir, limit: 300 });
      const backend = await wasmBackend({ threads: 1 });
      try {
        for (const [settings, show, values] of [
          ["conv&train.features=2+3&train.dense=5", "y1", ({ stages }: Passage) => stages[0]!.sent!],
          [
            "recurrent&train.units=6&train.gates=straight-through",
            "forget1",
            ({ stages }: Passage) => stages[0]!.forget!,
          ],
        ] as const) {
          const seen = "network.network=own&network.image=8&network.seed=3";
          const { page, said } = await lab().open(
            `#train.network=${settings}&train.limit=300&train.epochs=1&${seen}&network.show=${show}&at=train`,
            { at: lab().few.url },
          );
          await page.getByRole("button", { name: "Train", exact: true }).click();
          await page.locator("#network").scrollIntoViewIfNeeded();
          const { model, params } = await savedModel(page);
          const found = passageOf(model, backend)!(params, data, 8, 3);
          const loss = page.locator("#network .flow").getByRole("button", { name: /^L 1 / });
          await soon(() => loss.textContent()).toContain(found.loss.toFixed(3));
          const { value, slope } = values(found);
          const least = Math.min(...slope.data);
          const names = page.locator("#network .pairs [role=img]");
          const labels = await names.evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")!));
          expect(labels.filter((label) => label.includes(`from ${shortText(Math.min(...value.data))} to ${shortText(Math.max(...value.data))}`)).length).toBeGreaterThan(0); // biome-ignore format: one line
          expect(labels.some((label) => label.startsWith("∂L/∂") && label.includes(`from ${shortText(least)} `))).toBe(
            true,
          );
          expect(said).toEqual([]);
          await page.close();
        }
      } finally {
        await backend.close();
      }
    });
  },
};
