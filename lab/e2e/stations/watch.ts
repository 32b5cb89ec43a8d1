/** Watch a run: what a run folder says arrives, while it is written, and over the server's end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { imageSets } from "../../../src/lab/image-sets.ts";
import { type LabServer, serveLab } from "../../../src/lab/server.ts";
import { plainHost, soon } from "../site.ts";
import type { StationTest } from "./station.ts";
import { sweepTests } from "./watch-sweep.ts";

/** Three short trainings of which one was stopped, as the command line left them. */
export const watchedRuns = "lab/e2e/runs";
const all = ["disarm", "score-function", "straight-through-slope"].map((name) => `${watchedRuns}/${name}`);

/** The validations of the table, first to last. */
const steps = (page: Page): Promise<number[]> =>
  page
    .locator("#watch-scores tr[data-step]")
    .evaluateAll((rows) => rows.map((row) => Number((row as HTMLElement).dataset.step)).reverse());
const linesOf = (run: string) =>
  readFileSync(join(run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

export const watch: StationTest = {
  id: "watch",
  picture: `watch.runs=${encodeURIComponent(all.join("+"))}`,
  quick: "",
  async ready(page) {
    await page.locator("#watch-scores tr[data-step='600']").waitFor();
  },
  tests(lab) {
    test("shows a training in another process, over the end of the server, each epoch once", {
      timeout: 120_000,
    }, async () => {
      const run = join(lab().folder, "runs/slow");
      const serve = (port: number): Promise<LabServer> =>
        serveLab({
          ...{ folder: lab().site, kernels: "src/backends/wasm", sets: imageSets() },
          ...{ watch: [join(lab().folder, "runs")], pace: 50, host: "127.0.0.1", port },
        });
      let server = await serve(0);
      const { page } = await lab().open("#at=watch", { at: server.url });
      await soon(() => page.locator("#watch-progress").textContent()).toBe("waits for its run to begin");
      const training = spawn(
        process.execPath,
        [
          "bin/heaviside.js",
          ..."train --limit 1000 --hidden 100 --epochs 20 --backend wasm --threads 1 --out".split(" "),
          run,
        ],
        { stdio: "ignore" },
      );
      const ended = once(training, "exit");
      try {
        await soon(async () => (await steps(page)).length).toBeGreaterThan(0);
        expect(await page.locator("#watch-progress").textContent()).toMatch(/^running: epoch \d+ of 20, .* left$/);
        const port = Number(new URL(server.url).port);
        await server.close();
        await soon(() => page.locator("#watch-connection").textContent()).toBe("connection lost, trying again");
        const before = (await steps(page)).length;
        await soon(() => linesOf(run).length).toBeGreaterThan(before);
        server = await serve(port);
        await soon(() => page.locator("#watch-connection").textContent()).toMatch(/^connected/);
        expect(await ended).toEqual([0, null]);
        await soon(() => page.locator("#watch-progress").textContent()).toMatch(/^done: epoch 20 of 20/);
        const lines = linesOf(run);
        expect(await steps(page)).toEqual(lines.map(({ step }) => step));
        expect(lines).toHaveLength(20);
        const cells = page.locator("#watch-scores tr[data-epoch='20'] td");
        const { deterministic, stochastic } = lines.at(-1).valid;
        expect(await cells.allTextContents()).toEqual(
          ["nll", "error"].flatMap((name) =>
            [deterministic, stochastic].map((score) => score[name].toFixed(name === "nll" ? 4 : 2)),
          ),
        );
        await page.locator("#watch-scores tr.test").waitFor();
      } finally {
        training.kill("SIGKILL");
        await server.close();
      }
    });

    sweepTests(lab);

    test("lays runs beside each other, and keeps the choice in the address", async () => {
      const { page, said } = await lab().open("#at=watch");
      await watch.ready(page);
      await page.getByRole("checkbox", { name: "score-function" }).check();
      const chart = page.locator("#watch .chart svg").first();
      await soon(() => chart.getAttribute("aria-label")).toMatch(/disarm: 0\.\d+; .*score-function: \d/);
      await chart.hover();
      const read = (await page.locator("#watch .chart .read").first().textContent())!;
      const step = Number(/^after (\d+) steps/.exec(read)![1]);
      const { nll } = linesOf(all[0]!).find((line) => line.step === step).valid.deterministic;
      expect(read).toContain(`disarm, validation ${nll.toFixed(3)}`);
      await page.getByRole("checkbox", { name: "disarm" }).uncheck();
      await soon(() => decodeURIComponent(page.url())).toContain(`watch.runs=${all[1]}`);
      await soon(() => page.locator("#watch-progress").textContent()).toMatch(/^stopped: epoch 7 of 12, /);
      expect(await steps(page)).toEqual(linesOf(all[1]!).map(({ step }) => step));
      await page.reload();
      await soon(() => page.locator("#watch-progress").textContent()).toMatch(/^stopped: epoch 7 of 12, /);
      expect(said).toEqual([]);
    });

    test("takes no name of a link for what every object has", async () => {
      const { page, said } = await lab().open("#watch.runs=constructor+__proto__&at=watch");
      await page.locator("#watch h3").first().waitFor();
      expect(said).toEqual([]);
    });

    test("says how to watch where there is no server", async () => {
      const host = await plainHost(lab().site, "/a/lab/");
      try {
        const { page, said } = await lab().open("#at=watch", { at: host.url });
        await page.getByText("npx heaviside lab --watch runs").waitFor();
        expect(said).toEqual([]);
      } finally {
        await host.close();
      }
    });
  },
};
