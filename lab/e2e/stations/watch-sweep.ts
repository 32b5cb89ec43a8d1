/** Watch a run: a sweep that runs in other processes, from before its first trial to its end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { rankingOf, sweepIn, tableOf } from "../../../src/experiments/sweep/index.ts";
import { imageSets } from "../../../src/lab/image-sets.ts";
import { type LabServer, serveLab } from "../../../src/lab/server.ts";
import { faultsIn, soon } from "../site.ts";
import type { StationTest } from "./station.ts";

/** Its highest rate diverges. */
const file = {
  question: "Which rate and depth train best?",
  base: { data: "mnist", limit: 1000, epochs: 3, estimator: "rectifier" },
  space: { rate: [0.03, 0.1, 0.2, 3000], hidden: ["20,20", "20,20,20"] },
};

export function sweepTests(lab: Parameters<StationTest["tests"]>[0]): void {
  test("shows a sweep while its trials run, over the end of the server, and the run of a trial that is pressed", {
    timeout: 120_000,
  }, async () => {
    const [folder, path] = [join(lab().folder, "sweeps"), join(lab().folder, "rates.json")];
    const out = join(folder, "rates");
    writeFileSync(path, JSON.stringify(file));
    const serve = (port: number): Promise<LabServer> =>
      serveLab({
        ...{ folder: lab().site, kernels: "src/backends/wasm", sets: imageSets() },
        ...{ watch: [folder], pace: 50, host: "127.0.0.1", port },
      });
    let server = await serve(0);
    const { page, said } = await lab().open("#at=watch", { at: server.url, width: 390 });
    await soon(() => page.locator("#watch-progress").textContent()).toBe("waits for its run to begin");
    const args = ["sweep", path, ..."--workers 1 --threads 1 --backend wasm --out".split(" "), out];
    const sweep = spawn(process.execPath, ["bin/heaviside.js", ...args], { stdio: "ignore" });
    const ended = once(sweep, "exit");
    try {
      const progress = page.locator("#watch .sweep .progress");
      await progress.and(page.locator("[data-stage='running']")).waitFor();
      await soon(async () => Number(await progress.getAttribute("data-ended"))).toBeGreaterThan(0);
      const port = Number(new URL(server.url).port);
      await server.close();
      await soon(() => page.locator("#watch-connection").textContent()).toBe("connection lost, trying again");
      server = await serve(port);
      expect(await ended).toEqual([0, null]);
      await soon(() => progress.textContent()).toMatch(/^7 of 8 trials done, 1 failed: ended\./);

      const { plan, records } = await sweepIn("test", out);
      const ranking = rankingOf(plan, records);
      const [head, ...rows] = tableOf(ranking, 10);
      await soon(() => page.locator("#watch .bests th[scope=col]").allTextContents()).toEqual(head);
      const shown = await page
        .locator("#watch .bests tbody tr")
        .evaluateAll((all) => all.map((row) => [...row.children].map(({ textContent }) => textContent.trim())));
      expect(shown).toEqual(rows);
      expect(await page.locator("#watch .failures li").allTextContents()).toEqual([
        expect.stringContaining("rate 3000, hidden 20,20,20: train: the loss is NaN in epoch 1"),
      ]);

      // Options in words are first.
      expect(await page.locator("#watch .pictures h4").allTextContents()).toEqual([
        "Trials, and the best so far",
        "hidden",
        "rate",
      ]);
      const points = page.locator("#watch .pictures .panel", { hasText: "rate" }).locator("svg");
      const places = (await points.locator(".trials.first").getAttribute("d"))!.match(/[\d.]+ [\d.]+(?=h0)/g)!;
      expect(places).toHaveLength(7);
      const [x, y] = places[2]!.split(" ").map(Number) as [number, number];
      await points.click({ position: { x, y } });
      const trial = ranking.ranked.find((record) => record.trial === 2)!;
      await soon(() => decodeURIComponent(page.url())).toMatch(/watch\.runs=.*\/rates\/trials\/2-[0-9a-f]{8}/);
      const name = basename(/trials\/[^&+]*/.exec(decodeURIComponent(page.url()))![0]);
      await soon(() => page.locator("#watch h3.name").textContent()).toBe(name);
      const best = page.locator("#watch-scores tr", { hasText: "✓" }).locator("td").nth(2);
      await soon(() => best.textContent()).toBe(trial.value.toFixed(2));
      await soon(() => points.locator(".shown").getAttribute("d")).toContain(places[2]);
      await page.locator("#watch .bests [data-trial='3'] input").check();
      await soon(() => page.locator("#watch .chart svg").first().getAttribute("aria-label")).toMatch(/2-\w+: .*; 3-/);

      expect(await faultsIn(page, "#watch")).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      expect(said.filter((line) => !line.includes("ERR_CONNECTION") && !line.includes("net::ERR"))).toEqual([]);
    } finally {
      sweep.kill("SIGKILL");
      await server.close();
    }
  });
}
