// What tests do with the station of trainings.
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { heaviside } from "../../../src/cli/testing.ts";

/** The numbers of the training, once it has ended. */
export const ended = async (page: Page): Promise<{ [key: string]: unknown; ranOn: unknown }> => {
  const row = page.locator("[data-result]");
  const status = page.locator("#train-status.bad");
  await row.or(status).first().waitFor({ timeout: 120_000 });
  if (await status.isVisible()) throw new Error((await status.textContent()) ?? "failed");
  return JSON.parse((await row.getAttribute("data-result"))!);
};
/** What a training's numbers are; how long it took and where are not among them, nor what the command measures of gates. */
export const numbersOf = ({
  run: _,
  seconds: __,
  examplesPerSecond: ___,
  cost: ____,
  ...numbers
}: Record<string, unknown>) => numbers;
/** The words of the command that the page shows. */
export const wordsOf = async (page: Page): Promise<string[]> => {
  const command = (await page.locator("#train-command").textContent())!;
  return [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted = word]) => quoted!).slice(2);
};
/** Numbers of the command that the page shows. */
export const numbersByCommand = async (words: readonly string[]) => {
  const { code, out } = await heaviside(...words, "--no-out", "--json");
  expect(code).toBe(0);
  return numbersOf(JSON.parse(out));
};
/** Presses Train. */
export const trained = (page: Page) => page.getByRole("button", { name: "Train", exact: true }).click();
/** Sets a field of the station. */
export async function setTo(page: Page, label: string, text: string): Promise<void> {
  const field = page.locator("#train").getByLabel(label, { exact: true });
  await field.fill(text);
  await field.press("Tab");
}
/** What the browser saves when a button is pressed. */
export async function saved(page: Page, name: RegExp): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return readFile(await download.path());
}
