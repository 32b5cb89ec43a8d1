/** Neurons and cells: membranes, an LSTM's gates, and characters that a network writes. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { referenceBackend } from "../../../src/backends/reference/reference.ts";
import { array } from "../../../src/graph/index.ts";
import { compile, generate, key, loadModel, type Params, type Tensor } from "../../../src/index.ts";
import { current, sequence, valuesOf } from "../../src/stations/cells/lanes.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

const example = valuesOf("example", sequence)!;
const networkIn = (name: string) => loadModel(readFileSync(`lab/public/networks/${name}.safetensors`));

/** What a trained network says of values with two marks, in a call of the library. */
function predicted(name: string, marked: readonly number[], values: ArrayLike<number> = example): number {
  const { model, params } = networkIn(name);
  const x = array([Array.from(values, (value, t) => [value, Number(marked.includes(t))])]);
  const program = compile((own: Params<Tensor>, x: Tensor) => model.output(own, x, "deterministic", key(0)), {
    backend: referenceBackend(),
  });
  return program(params, x).data[0]!;
}

/** V of a leaky integrator with Δt = 1, in plain numbers. */
function leaky(input: ArrayLike<number>, tau: number): number[] {
  const kept = Math.exp(-1 / tau);
  let V = 0;
  return Array.from(input, (I) => {
    V = kept * V + (1 - kept) * I;
    return V;
  });
}

const attribute = (page: Page, place: string, name: string) => page.locator(place).getAttribute(name);

async function voltages(page: Page): Promise<number[]> {
  return ((await attribute(page, "#cells-traces", "data-fixed")) ?? "").split(" ").map(Number);
}

const ready = async (page: Page): Promise<void> => {
  await page.locator("#cells-sum[data-prediction]").waitFor();
  await page.locator("#cells-traces[data-fixed]").waitFor();
  await page.locator("#cells-strokes[data-done]").waitFor();
};

export const cells: StationTest = {
  id: "cells",
  picture: "",
  quick: "",
  ready,
  tests(lab) {
    test("neurons follow a current that is drawn, and a leaky one is the closed form", async () => {
      const { page, said } = await lab().open("#at=cells");
      const follows = (input: () => ArrayLike<number>, tau: number) =>
        soon(async () => {
          const wanted = leaky(input(), tau);
          const found = await voltages(page);
          return Math.max(...wanted.map((V, t) => Math.abs(V - (found[t] ?? Number.NaN))));
        }).toBeLessThan(1e-6);
      await follows(() => valuesOf("steps", current)!, 10);
      // A constant current of 1 from step 5 to 39: V is 1 − e^(−t/τ) of it.
      const found = await voltages(page);
      for (let t = 5; t < 40; t++) expect(found[t]).toBeCloseTo(-Math.expm1(-(t - 4) / 10), 6);
      // From 0 it takes 7 steps to pass 0.5, as e^(−0.7) is below it and e^(−0.6) is not; after a reset 7 again. Each of two times it has 35.
      await page.getByText("fires 10 times").waitFor();
      // The context makes τ 6 times as long.
      await page.getByText("τ = 60 ms now").waitFor();
      await page.locator("#cells-tau").focus();
      await page.keyboard.press("ArrowLeft");
      await page.waitForURL("**cells.tau=9");
      await follows(() => valuesOf("steps", current)!, 9);

      const plot = page.getByRole("img", { name: /^The current that/ });
      const { width, height } = (await plot.boundingBox())!;
      await plot.dragTo(plot, {
        sourcePosition: { x: width * 0.3, y: height * 0.9 },
        targetPosition: { x: width * 0.8, y: height * 0.3 },
      });
      await soon(() => page.url()).toMatch(/cells\.input=[\w-]{100}/);
      const drawn = () => valuesOf(/cells\.input=([\w-]+)/.exec(page.url())![1]!, current)!;
      // The address lags a little behind.
      await soon(() => drawn()[70]! - drawn()[40]!).toBeGreaterThan(0.8);
      await follows(drawn, 9);
      expect(said).toEqual([]);
    });

    test("an LSTM's answer and a character are those of library calls, exactly", async () => {
      const { page, said } = await lab().open("#at=cells");
      const answers = (name: string, marked: readonly number[]) =>
        soon(async () => Number(await attribute(page, "#cells-sum", "data-prediction"))).toBe(predicted(name, marked));
      await answers("adding-lstm", [4, 24]);
      await page.locator("#cells-second").focus();
      await page.keyboard.press("ArrowRight");
      await answers("adding-lstm", [4, 25]);
      await page.getByLabel("peepholes").check();
      await answers("adding-lstm-peepholes", [4, 25]);
      expect(await attribute(page, "#cells-sum", "data-parameters")).toBe("241");
      await page.getByLabel("coupled").check();
      await answers("adding-lstm-coupled-peepholes", [4, 25]);
      expect(Math.abs(predicted("adding-lstm-coupled-peepholes", [4, 25]) - 0.81 - 0.28)).toBeLessThan(0.05);

      const typed = page.getByLabel("Or type it");
      expect(await typed.inputValue()).toMatch(/^[\d.]+ ([\d.]+ ){3}0\.8125\* .*\* .*$/);
      await typed.fill("0.3 0.9* 0,5");
      await typed.press("Enter");
      await page.getByText("A decimal comma must be a point: 0.5 in place of 0,5.").waitFor();
      await typed.fill("0.3, 0.9* 0.5 0.25*");
      await typed.press("Enter");
      await soon(() => page.url()).toMatch(/cells\.values=0\.3,0\.9,0\.5,0\.25/);
      await soon(async () => Number(await attribute(page, "#cells-sum", "data-prediction"))).toBe(
        predicted("adding-lstm-coupled-peepholes", [1, 3], [0.3, 0.9, 0.5, 0.25]),
      );
      await page.getByText("It learned from 40 values; these are 4, so its sum may be far off.").waitFor();
      await page.getByRole("button", { name: "rising" }).click();
      await soon(() => typed.inputValue()).toMatch(/^0 0\.03125\* .*/);
      await page.goBack();
      await soon(() => typed.inputValue()).toBe("0.3 0.9* 0.5 0.25*");

      await page.getByRole("button", { name: "Write others" }).click();
      await page.waitForURL("**cells.seed=2");
      await page.locator("#cells-strokes[data-done='2 0.7']").waitFor();
      const { model, params } = networkIn("strokes-lstm");
      const { rows } = await generate(model, params, { seed: 2, bias: 0.7, count: 6, steps: 45, backend: "reference" });
      const shown = (await attribute(page, "#cells-strokes", "data-rows"))!.split(" ").map(Number);
      expect(shown).toEqual(Array.from(rows.data.subarray(0, 45 * 3)));

      await page.emulateMedia({ reducedMotion: "no-preference" });
      const button = (name: string) => page.locator("#cells").getByRole("button", { name, exact: true });
      await button("Again").click();
      const moves = async () => Number(await attribute(page, "#cells-strokes", "data-moves"));
      await soon(moves).toBeGreaterThan(3);
      await button("Stop").click();
      await button("Continue").waitFor();
      expect(await attribute(page, "#cells-strokes", "data-done")).toBeNull();
      expect(said).toEqual([]);
    });
  },
};
