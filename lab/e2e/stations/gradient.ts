/** See the gradient: bias, variance and cosine are those of a call of the library. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { parseCsv } from "../../../src/data/csv.ts";
import { run } from "../node.ts";
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
  return all.map(({ name, bias, variance, cosine, evaluations }) => ({
    estimator: name,
    bias: Number(bias),
    variance: Number(variance),
    cosine: Number(cosine),
    evaluations: Number(evaluations),
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
    test("gives the numbers of its program for Node, and its table as a file", async () => {
      const { page, said } = await lab().open(
        "#gradient.a1=0.5&gradient.a2=-1.2&gradient.w=2.4&gradient.tau=0.7&gradient.seed=5&gradient.estimators=score-function+rebar+straight-through-gumbel+reinmax&at=gradient",
      );
      const found = await figures(page);
      await page.getByText("ReinMax needs a τ of at least 1, and has 1 here.").waitFor();
      const printed = run((await page.locator("#gradient-program").textContent())!);
      expect(printed.map(([name]) => name)).toEqual([
        "score-function",
        "rebar:temperature=0.7",
        "straight-through-gumbel:temperature=0.7",
        "reinmax:temperature=1",
      ]);
      expect(found.map(({ bias, variance, cosine, evaluations }) => [bias, variance, cosine, evaluations])).toEqual(
        printed.map(([, ...figures]) => figures.map(Number)),
      );
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.locator("#gradient").getByRole("button", { name: "Save the table (CSV)" }).click(),
      ]);
      const { columns, lines } = parseCsv(await readFile(await file.path(), "utf8"), "gradient.csv");
      const column = (name: string) => lines.map(({ cells }) => Number(cells[columns.indexOf(name)]));
      expect(column("bias")).toEqual(found.map(({ bias }) => bias));
      expect(column("temperature")).toEqual([0, 0.7, 0.7, 1]);
      expect(column("microseconds").every((time) => time > 0)).toBe(true);
      expect(said).toEqual([]);
    });

    test("tells a story, of which each stop sets everything in one step", async () => {
      const { page, said } = await lab().open("#gradient.tau=2&gradient.k=3&gradient.estimators=arm&at=gradient");
      const seen = page.locator("#gradient-seen");
      await page.getByText("These settings are your own.").waitFor();
      await page.getByRole("button", { name: "Let it lose" }).click();
      await soon(() => page.url()).toMatch(/#at=gradient&gradient\.w=5$/);
      await page.getByRole("button", { name: "Buy less noise" }).click();
      await soon(() => page.url()).toMatch(
        /#at=gradient&gradient\.estimators=score-function\+leave-one-out\+rebar\+arm$/,
      );
      await soon(() => page.locator("#gradient dl[data-name='arm'][data-variance]").count()).toBe(1);
      await page.getByRole("button", { name: "Four ways" }).click();
      await soon(() => page.url()).toMatch(/#at=gradient$/);
      await soon(() => seen.textContent()).toMatch(/^Three clouds/);
      await page.goBack();
      await soon(() => seen.textContent()).toMatch(/^All four are right/);
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
      const plane = page.getByRole("img", { name: /^The expected loss over/ });
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
