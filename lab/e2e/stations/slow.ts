/** Why slow? A training of the page is the experiment's, number by number. */
import { expect, test } from "vitest";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import type { LabelledDataset } from "../../../src/data/dataset.ts";
import { loadDataset } from "../../../src/data/index.ts";
import { standardPlan } from "../../../src/experiments/slowness/plan.ts";
import { trainArm } from "../../../src/experiments/slowness/train-arm.ts";
import { findings } from "../../build/slowness.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

export const slow: StationTest = {
  id: "slow",
  picture: "",
  quick: "",
  async ready(page) {
    await page.locator("#slow-network").waitFor();
  },
  tests(lab) {
    test("trains a network of the experiment to its numbers", async () => {
      const { page, said } = await lab().open("#slow.seed=3&at=slow");
      await page.getByRole("button", { name: "Train it here" }).click();
      const data = (await loadDataset("mnist")) as LabelledDataset;
      const backend = await wasmBackend({ threads: 2 });
      const { rate, sampled } = findings().arms.find(({ arm }) => arm === "k1")!;
      const { curve } = await trainArm(standardPlan, data, {
        ...{ part: "small", arm: "k1", rate, seed: 3, test: false, backend },
      });
      await backend.close();
      await page.getByText("done", { exact: true }).waitFor();
      expect(JSON.parse((await page.locator("#slow [data-live]").getAttribute("data-live"))!)).toEqual(curve);
      // A run is where the committed five are: their interval of the mean is narrower than their spread.
      expect(Math.abs(curve.at(-1)!.nll - sampled.value)).toBeLessThan(3 * (sampled.high - sampled.low));
      expect(said).toEqual([]);
    });

    test("switches reasons, and keeps the network in the address", async () => {
      const { page, said } = await lab().open("#at=slow");
      const network = page.locator("#slow-network");
      const box = (name: RegExp) => page.getByRole("checkbox", { name });
      expect(await network.getAttribute("data-arm")).toBe("k1");
      await box(/gradient is noisy/).uncheck();
      await soon(() => page.url()).toContain("slow.network=expected");
      await box(/outputs 0 or 1/).uncheck();
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
