/** A layer: what it shows is what the library computes with the same weights and draws. */
import { expect, test } from "vitest";
import { sigmoid } from "../../../src/statistics/sigmoid.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

export const layer: StationTest = {
  id: "layer",
  picture: "",
  quick: "",
  async ready(page) {
    await page.locator("#layer [data-undecided]").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "200 draws" }).click();
    await page.getByText("of 201 draws are right").waitFor();
  },
  tests(lab) {
    test("training makes neurons sure, and a draw is one of many", async () => {
      const { page, said } = await lab().open("#at=layer");
      const station = page.locator("#layer");
      const undecided = async () => Number(await station.locator("[data-undecided]").getAttribute("data-undecided"));
      await layer.ready(page);
      const after = await undecided();
      await page.getByLabel("before training").check();
      await soon(undecided).toBeGreaterThan(300);
      expect(after).toBeLessThan(200);
      await page.getByLabel("after training").check();
      await soon(undecided).toBe(after);
      // Reduced motion: nothing is drawn before it is asked for.
      await station.getByText("Draw 1 says").waitFor();
      await station.getByRole("button", { name: "Draw once" }).click();
      await station.getByText("Draw 2 says").waitFor();
      await soon(() => station.locator(".one").textContent()).toContain("In this draw it");
      const text = (await station.locator(".one").textContent())!.replaceAll("−", "-");
      const [, a, p] = /a = (-?[\d.]+).*σ\(a\) =\s+(\d\.\d+)/s.exec(text)!;
      expect(Number(p)).toBeCloseTo(sigmoid(Number(a)), 2);
      expect(said).toEqual([]);
    });
  },
};
