/** Draw a digit: the numbers of the page are those of the command line. */
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { heaviside } from "../../../src/cli/testing.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

const numbersOf = async (page: Page) => JSON.parse((await page.locator("#draw-numbers").getAttribute("data-numbers"))!);
const hasNumbers = (page: Page) =>
  soon(() => page.locator("#draw-numbers").getAttribute("data-numbers")).not.toBeNull();
/** What the browser saves when a button is pressed, at a path. */
async function saved(page: Page, name: RegExp, path: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  writeFileSync(path, await readFile(await download.path()));
  return path;
}

export const draw: StationTest = {
  id: "draw",
  picture: "",
  quick: "",
  async ready(page) {
    await page.getByText(/of 10000 test digits are misread/).waitFor({ timeout: 120_000 });
    await page.locator("#draw-numbers[data-numbers]").waitFor({ state: "attached" });
  },
  tests(lab) {
    test("reads what is drawn as the command line does, and keeps it in the address", {
      timeout: 180_000,
    }, async () => {
      const { page, said } = await lab().open("#at=draw");
      await draw.ready(page);
      const ofDigit = await numbersOf(page);
      await page.getByRole("button", { name: "Clear the pad" }).click();
      await page.getByRole("heading", { name: "Draw a digit on the pad" }).waitFor();
      // A 7, by mouse and then by keyboard.
      const pad = page.getByRole("application");
      await pad.scrollIntoViewIfNeeded();
      const { x, y, width } = (await pad.boundingBox())!;
      const at = (u: number, v: number) => [x + u * width, y + v * width] as const;
      await page.mouse.move(...at(0.3, 0.25));
      await page.mouse.down();
      await page.mouse.move(...at(0.7, 0.25), { steps: 8 });
      await page.mouse.move(...at(0.45, 0.8), { steps: 8 });
      await page.mouse.up();
      await soon(() => page.url()).toMatch(/draw\.picture=\.[\da-z]{20,}/);
      await hasNumbers(page);
      await page.getByRole("heading", { name: /passes say 7/ }).waitFor();
      await pad.press("Space");
      for (let i = 0; i < 4; i++) await pad.press("ArrowLeft");
      await pad.press("Space");
      await soon(() => page.url()).toMatch(/draw\.picture=\.[\da-z]+\.1k1k/);
      await soon(async () => (await numbersOf(page)).seed).toBe(0);
      await page.getByRole("button", { name: "Other passes" }).click();
      await soon(async () => (await numbersOf(page)).seed).toBe(1);

      const found = await numbersOf(page);
      expect(found.probabilities).not.toEqual(ofDigit.probabilities);
      const model = await saved(page, /^Save the network/, join(lab().folder, "network.safetensors"));
      const image = await saved(page, /^Save the image/, join(lab().folder, "digit.png"));
      const words = (await page.locator("#draw-command").textContent())!.split(" ").slice(2);
      const own = words.map((word) => ({ "network.safetensors": model, "digit.png": image })[word] ?? word);
      const { code, out } = await heaviside(...own, "--json");
      expect(code).toBe(0);
      const { probabilities, uncertainty } = JSON.parse(out).predictions[0];
      const { votes, entropy, mutualInformation } = uncertainty;
      const { deterministic, seed: _, ...passes } = found;
      expect(passes).toEqual({ probabilities, votes, entropy, mutualInformation });
      const once = await heaviside("predict", model, image, "--backend", "wasm", "--json");
      expect(deterministic).toEqual(JSON.parse(once.out).predictions[0].probabilities);
      expect(deterministic).not.toEqual(probabilities);

      // The first of the misread digits is one that the readout takes for another.
      const [first] = await page.locator("#draw li button").all();
      const label = (await first!.getAttribute("aria-label"))!;
      const [, digit, truth, read] = /^Test digit (\d+): labelled (\d), read as (\d)/.exec(label)!;
      await first!.click();
      await soon(() => page.url()).toContain(`draw.picture=${digit}`);
      await page.getByText(`Test digit ${digit} of MNIST: labelled ${truth}`).waitFor();
      await page.getByText(`Deterministic readout: ${read}, with`).waitFor();
      await page.goBack();
      await soon(async () => (await numbersOf(page))?.probabilities).toEqual(found.probabilities);
      expect(said).toEqual([]);
    });
  },
};
