/** Why slow? A training of the page is the experiment's, number by number. */
import { expect, test } from "vitest";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import type { LabelledDataset } from "../../../src/data/dataset.ts";
import { loadDataset } from "../../../src/data/index.ts";
import { standardPlan } from "../../../src/experiments/slowness/plan.ts";
import { trainArm } from "../../../src/experiments/slowness/train-arm.ts";
import type { Point } from "../../../src/experiments/slowness/trial.ts";
import { findings } from "../../build/slowness.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

/** The first points of a training of the experiment's binary network, here. */
async function firstPoints(count: number, rate: number, seed: number): Promise<Point[]> {
  const data = (await loadDataset("mnist")) as LabelledDataset;
  const backend = await wasmBackend({ threads: 2 });
  const enough = new AbortController();
  const points: Point[] = [];
  const training = trainArm(standardPlan, data, {
    ...{ part: "small", arm: "k1", rate, seed, test: false, backend, signal: enough.signal },
    onPoint(point) {
      points.push(point);
      if (points.length === count) enough.abort();
    },
  });
  await expect(training).rejects.toThrow(/abort/);
  await backend.close();
  return points;
}

export const slow: StationTest = {
  id: "slow",
  picture: "",
  quick: "",
  async ready(page) {
    // It takes its place above this one.
    await page.locator("#gradient.waits").waitFor({ state: "detached" });
    await page.locator("#slow-network").waitFor();
  },
  tests(lab) {
    test("trains a network of the experiment to its numbers", async () => {
      const { page, said } = await lab().open("#slow.seed=3&at=slow");
      await page.getByRole("button", { name: "Train it here" }).click();
      const { at, arms } = findings();
      const { rate, sampledCurve } = arms.find(({ arm }) => arm === "k1")!;
      const points = await firstPoints(14, rate, 3);
      // A seed is near the mean of the committed five: half of the interval of the mean is about one standard deviation.
      const place = at.indexOf(points.at(-1)!.step);
      expect(Math.abs(1000 * points.at(-1)!.nll - sampledCurve[2 * place]!)).toBeLessThan(
        4 * sampledCurve[2 * place + 1]!,
      );
      const shown = async (): Promise<unknown[]> =>
        JSON.parse((await page.locator("#slow [data-live]").getAttribute("data-live"))!);
      await soon(async () => (await shown()).length).toBeGreaterThanOrEqual(points.length);
      expect((await shown()).slice(0, points.length)).toEqual(points);
      expect(said).toEqual([]);
    });

    test("switches reasons, and keeps the network in the address", async () => {
      const { page, said } = await lab().open("#at=slow");
      const network = page.locator("#slow-network");
      const box = (name: RegExp) => page.getByRole("checkbox", { name });
      expect(await network.getAttribute("data-arm")).toBe("k1");
      await box(/gradient is noisy/).uncheck();
      await soon(() => page.url()).toContain("slow.network=expected");
      await box(/^It outputs 0 or 1/).uncheck();
      await soon(() => network.getAttribute("data-arm")).toBe("sigmoid");
      expect(await box(/derivative is pretended/).isChecked()).toBe(false);
      await box(/Measure with p/).check();
      await page.getByRole("heading", { name: "After 1,500 steps: loss 0.296" }).waitFor();
      await page.goBack();
      await soon(() => box(/Measure with p/).isChecked()).toBe(false);
      expect(said).toEqual([]);
    });
  },
};
