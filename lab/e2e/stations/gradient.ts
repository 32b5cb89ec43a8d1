/** See the gradient: bias, variance and cosine are those of a call of the library. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import { measureProblem } from "../../../src/measure/measure.ts";
import { configOf } from "../../src/worker/gradient.ts";
import { ESTIMATES } from "../../src/worker/gradient-messages.ts";
import { twoNeurons } from "../../src/worker/two-neurons.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

/** The numbers below each cloud, once they are there. */
async function figures(page: Page) {
  const cards = page.locator("#gradient dl[data-variance]");
  await cards
    .last()
    .getByText(/evaluations?,\s+[\d.]+ µs/)
    .waitFor();
  const all = await cards.evaluateAll((lists) => lists.map((list) => ({ ...(list as HTMLElement).dataset })));
  return all.map(({ name, bias, variance, cosine }) => ({
    estimator: name,
    bias: Number(bias),
    variance: Number(variance),
    cosine: Number(cosine),
  }));
}

export const gradient: StationTest = {
  id: "gradient",
  picture: "",
  quick: "",
  async ready(page) {
    await page
      .locator("#gradient dl")
      .getByText(/evaluations?,\s+[\d.]+ µs/)
      .last()
      .waitFor();
  },
  tests(lab) {
    test("gives the numbers of a call of the library", async () => {
      const { page, said } = await lab().open(
        "#gradient.a1=0.5&gradient.a2=-1.2&gradient.w=2.4&gradient.tau=0.7&gradient.seed=5&gradient.estimators=score-function+rebar+straight-through-gumbel+reinmax&at=gradient",
      );
      const found = await figures(page);
      const backend = await wasmBackend({ threads: 1 });
      try {
        const { rows, truth } = await measureProblem(twoNeurons([0.5, -1.2], 2.4), {
          backend,
          estimators: ["score-function", "rebar", "straight-through-gumbel", "reinmax"].map((name) =>
            configOf(name, 0.7),
          ),
          replicates: ESTIMATES,
          seed: 5,
        });
        expect(found).toHaveLength(4);
        rows.forEach(({ bias, variance, cosine }, i) => {
          expect(found[i]!.variance).toBe(variance.value);
          expect(found[i]!.cosine).toBeCloseTo(cosine.value, 12);
          expect(found[i]!.bias).toBeCloseTo(bias.value * truth.norm.value, 12);
        });
      } finally {
        await backend.close();
      }
      expect(said).toEqual([]);
    });

    test("follows the pointer, the keyboard and the choice of estimators", async () => {
      const { page, said } = await lab().open("#at=gradient");
      const first = await figures(page);
      expect(first.map(({ estimator }) => estimator)).toEqual([
        "score-function",
        "score-function-moving-average",
        "disarm",
        "straight-through-slope",
      ]);
      // What the station is for: unbiased and wide, less wide, less still, and narrow beside the truth.
      const [wide, less, least, beside] = first.map(({ variance }) => variance);
      expect(less! < 0.6 * wide! && least! < less! && beside! < wide! / 2).toBe(true);
      expect(first[3]!.bias).toBeGreaterThan(0.2);
      const plane = page.locator("#gradient canvas").first();
      const box = (await plane.boundingBox())!;
      await plane.click({ position: { x: box.width * 0.8, y: box.height * 0.2 } });
      await soon(() => page.url()).toMatch(
        /gradient\.a1=2\.\d&gradient\.a2=2\.\d|gradient\.a2=2\.\d&.*gradient\.a1=2\.\d/,
      );
      await page.getByLabel("K, estimates averaged in a step").focus();
      await page.keyboard.press("ArrowRight");
      await soon(() => page.url()).toContain("gradient.k=16");
      await soon(() => page.locator("#gradient dl[data-k='16']").count()).toBe(4);
      await page.getByLabel("estimator 3").selectOption("ARM");
      await soon(() => page.url()).toContain("score-function-moving-average+arm+straight-through-slope");
      await soon(() => page.locator("#gradient dl[data-name='arm'][data-variance]").count()).toBe(1);
      expect(said).toEqual([]);
    });
  },
};
