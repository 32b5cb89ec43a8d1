import { expect, test } from "vitest";
import { meanInterval } from "../../../src/statistics/student.ts";
import { soon } from "../site.ts";
import type { Lab } from "./station.ts";
import { ended, numbersByCommand, numbersOf, saved, trained, wordsOf } from "./training-page.ts";

/** A training with other seeds beside it. */
export const repeatTests = (lab: () => Lab): void =>
  test("repeats a training with three more seeds, and gives their mean and its interval", async () => {
    const { page, said } = await lab().open(
      "#train.limit=300&train.epochs=2&train.hidden=10&train.threads=1&train.seed=5&at=train",
      { at: lab().few.url },
    );
    const button = page.getByRole("button", { name: "Repeat with 3 more seeds" });
    expect(await button.isDisabled()).toBe(true);
    await trained(page);
    await ended(page);
    await button.click();
    const rows = page.locator("#train-runs [data-numbers]");
    await soon(() => rows.count()).toBe(4);
    const found = await rows.evaluateAll((all) =>
      all.map((row) => [row.querySelector("th")!.innerText.trim(), JSON.parse(row.dataset.numbers!)] as const),
    );
    expect(found.map(([name]) => name)).toEqual(["1: seed 5", "2: seed 6", "3: seed 7", "4: seed 8"]);
    const words = [...(await wordsOf(page)), ...lab().few.words];
    expect(words.join(" ")).toContain("--seed 8 ");
    for (const [i, [, numbers]] of found.entries())
      expect(numbersOf(numbers)).toEqual(
        await numbersByCommand(words.map((word, at) => (words[at - 1] === "--seed" ? String(5 + i) : word))),
      );
    const { value, high } = meanInterval(found.map(([, { test }]) => test.deterministic.error));
    const mean = page.locator("#train-runs .mean");
    expect(await mean.locator("th").innerText()).toBe("mean of 4 seeds (1, 2, 3, 4)");
    expect(await mean.locator("td").nth(2).innerText()).toBe(`${value.toFixed(2)} ± ${(high - value).toFixed(2)}`);

    const [head, ...lines] = String(await saved(page, /scores of each epoch/))
      .trimEnd()
      .split("\n");
    const names = head!.split(",");
    expect(names.slice(0, 4)).toEqual(["run", "seed", "epoch", "step"]);
    const error = names.indexOf("valid.deterministic.error");
    expect(lines).toHaveLength(8);
    const epochs = await rows.locator("td:nth-child(2)").allInnerTexts();
    for (const [i, [, { valid }]] of found.entries()) {
      const line = lines
        .map((cells) => cells.split(","))
        .find((cells) => cells[1] === String(5 + i) && cells[2] === epochs[i]);
      expect(Number(line![error])).toBe(valid.error);
    }
    expect(said).toEqual([]);
  });
