/** One neuron: what it shows without a click. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { sigmoid } from "../../../src/statistics/sigmoid.ts";
import { run } from "../node.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

/** The numbers of the table, once all estimates are made. */
export async function means(
  page: Page,
): Promise<{ exact: number; of: Record<string, { mean: number; error: number }> }> {
  await page.getByText("16,384 estimates each").waitFor();
  const exact = Number(await page.locator("[data-exact]").getAttribute("data-exact"));
  const rows = await page.locator("#neuron-means tr[data-name]").all();
  const of: Record<string, { mean: number; error: number }> = {};
  for (const row of rows) {
    const [name, mean, error] = await Promise.all(
      ["data-name", "data-mean", "data-error"].map((attribute) => row.getAttribute(attribute)),
    );
    of[name!] = { mean: Number(mean), error: Number(error) };
  }
  return { exact, of };
}

export const neuron: StationTest = {
  id: "neuron",
  picture: "",
  quick: "",
  async ready(page) {
    await means(page);
  },
  tests(lab) {
    test("shows without a click the exact gradient, and which estimates have it as their mean", async () => {
      const { page, said } = await lab().open();
      const [a, t, p] = [1, 0.3, sigmoid(1)];
      const { exact, of } = await means(page);
      // E = p(1 − t)² + (1 − p)t², whose derivative is σ′(a)(1 − 2t).
      expect(exact).toBeCloseTo(p * (1 - p) * (1 - 2 * t), 6);
      // What each estimator's mean is, by hand; the seed is fixed, and 2.6 times the interval is five standard errors.
      const slope = p * (1 - p);
      const wanted = {
        "score-function": exact,
        disarm: exact,
        "straight-through": 2 * (p - t),
        "straight-through-slope": slope * 2 * (p - t),
      };
      for (const [name, mean] of Object.entries(wanted)) {
        expect(of[name]!.error, name).toBeGreaterThan(0);
        expect(Math.abs(of[name]!.mean - mean), name).toBeLessThan(2.6 * of[name]!.error);
      }
      expect(Object.keys(of)).toEqual([...Object.keys(wanted), "straight-through-gumbel"]);
      // As many coins fire as lie below p.
      const coins = page.locator("#neuron circle[style*='animation-delay']");
      expect(await coins.count()).toBe(100);
      const fired = await page.locator("#neuron circle.on").count();
      expect(Math.abs(fired - 100 * p)).toBeLessThan(25);
      await expect(page.getByRole("heading", { name: `${fired} of 100 draws fire` }).count()).resolves.toBe(1);
      expect(a).toBe(Number(await page.getByLabel("a, what it receives").inputValue()));
      // The program for Node has the same numbers, to the last digit.
      const printed = run((await page.locator("#neuron-program").textContent())!);
      expect(printed.map(([name, number]) => [name, Number(number)])).toEqual([
        ["exact", exact],
        ...Object.entries(of).map(([name, { mean }]) => [name, mean]),
      ]);
      expect(said).toEqual([]);
    });

    test("follows the keyboard, keeps all in the address, and goes back", async () => {
      const { page, said } = await lab().open();
      const slider = page.getByLabel("a, what it receives");
      await slider.focus();
      await page.keyboard.press("ArrowRight");
      await page.waitForURL("**/#neuron.a=1.1");
      await page.getByRole("button", { name: "Draw again" }).click();
      await page.waitForURL("**/#neuron.a=1.1&neuron.seed=2");
      await page.getByRole("checkbox", { name: "straight-through", exact: true }).uncheck();
      await soon(() => page.url()).toContain("estimators=score-function+disarm+straight-through-slope+");
      await soon(() => page.locator("tr[data-name='straight-through']").count()).toBe(0);
      await page.goBack();
      await soon(() => page.locator("tr[data-name='straight-through']").count()).toBe(1);
      await page.goBack();
      await page.goBack();
      await soon(() => slider.inputValue()).toBe("1");
      await page.goForward();
      await soon(() => slider.inputValue()).toBe("1.1");
      expect(said).toEqual([]);
    });
  },
};
