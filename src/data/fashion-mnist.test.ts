import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { debianFolder, fashionMnistIn } from "./fashion-mnist.ts";
import { loadDataset } from "./index.ts";

const present = existsSync(debianFolder);
const required = process.env.HEAVISIDE_REQUIRE_ALL === "1";
const note = present ? "" : " (needs `apt-get install dataset-fashion-mnist`)";

describe("Fashion-MNIST from its Debian package", () => {
  test.skipIf(!full || (!present && !required))(
    `has its published sizes, classes and first labels${note}`,
    async () => {
      const fashion = await loadDataset("fashion-mnist");
      expect([fashion.train.size, fashion.valid.size, fashion.test.size]).toEqual([50_000, 10_000, 10_000]);
      expect(fashion.fields.x.shape).toEqual([28, 28]);
      expect(Array.from(fashion.train.fields.label.data.subarray(0, 5))).toEqual([9, 0, 0, 3, 0]);
      expect(Array.from(fashion.test.fields.label.data.subarray(0, 5))).toEqual([9, 2, 1, 1, 6]);
      expect(fashion.fields.label.classes?.[9]).toBe("Ankle boot");
      const counts = new Array<number>(10).fill(0);
      for (const label of [...fashion.train.fields.label.data, ...fashion.valid.fields.label.data]) counts[label]!++;
      expect(counts).toEqual(new Array(10).fill(6000));
      let sum = 0;
      for (const value of fashion.train.fields.x.data) sum += value;
      for (const value of fashion.valid.fields.x.data) sum += value;
      expect(sum / (60_000 * 784)).toBeCloseTo(0.2860405969887955, 7);
    },
  );

  test("says what to install when it is not there", async () => {
    await expect(fashionMnistIn("/nowhere/fashion-mnist").load({})).rejects.toThrow(
      "data: /nowhere/fashion-mnist does not exist; install Fashion-MNIST with `apt-get install dataset-fashion-mnist`, " +
        "or name a folder that has it with --data-dir FOLDER",
    );
  });
});
