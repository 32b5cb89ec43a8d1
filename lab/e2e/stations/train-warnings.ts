/** Train and Watch a run: what a training warns of. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heaviside } from "../../../src/cli/testing.ts";
import { imageSets } from "../../../src/lab/image-sets.ts";
import { serveLab } from "../../../src/lab/server.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";
import { ended, trained, wordsOf } from "./training-page.ts";

/** Warnings of a training that says of itself what it warned of. */
interface Warned {
  readonly warnings?: readonly { readonly message: string }[];
}

export function warningTests(lab: Parameters<StationTest["tests"]>[0]): void {
  test("shows the warnings of a training, which are those of the command line, here and where its run is watched", {
    timeout: 120_000,
  }, async () => {
    const { page, said } = await lab().open(
      "#train.limit=2500&train.epochs=5&train.hidden=20&train.rate=10&train.threads=1&at=train",
      { at: lab().few.url },
    );
    expect(await page.locator("#train p", { hasText: "Warning" }).count()).toBe(0);
    await trained(page);
    await ended(page);
    const run = join(lab().folder, "warned/run");
    const { code } = await heaviside(...(await wordsOf(page)), ...lab().few.words, "--out", run);
    expect(code).toBe(0);
    const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
    const warned = lines.map((line): Warned => JSON.parse(line)).flatMap(({ warnings = [] }) => warnings);
    const sentences = warned.map(({ message }) => `Warning: ${message}.`);
    expect(sentences.join(" ")).toMatch(/ units fire for none of 500 validation examples after epoch \d/);
    expect(await page.locator("#train p", { hasText: "Warning" }).allTextContents()).toEqual(sentences);
    const server = await serveLab({
      ...{ folder: lab().site, kernels: "src/backends/wasm", sets: imageSets() },
      ...{ watch: [run], host: "127.0.0.1", port: 0 },
    });
    try {
      const other = await lab().open("#at=watch", { at: server.url });
      await soon(() => other.page.locator("#watch p", { hasText: "Warning" }).allTextContents()).toEqual(sentences);
      expect([...said, ...other.said]).toEqual([]);
    } finally {
      await server.close();
    }
  });
}
