import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openIdx } from "../../src/data/idx.ts";
import { encodeIdx } from "../../src/data/index.ts";
import { imageSets } from "../../src/lab/image-sets.ts";

/** Digits to train and validate, of 60,000, and to test, of 10,000. */
const counts = { train: 3600, t10k: 600 };

/** Fills a folder, which it makes, with the first digits of MNIST: a training is scored on 20,000 others, which takes longer than a short one. */
export async function putFewDigits(folder: string): Promise<void> {
  mkdirSync(folder);
  for (const [name, path] of await imageSets().mnist()) {
    const { shape, data } = openIdx(readFileSync(path), path).decode();
    const count = name.startsWith("train") ? counts.train : counts.t10k;
    const few = data.subarray(0, (data.length / shape[0]!) * count);
    writeFileSync(join(folder, name), encodeIdx({ shape: [count, ...shape.slice(1)], data: few }));
  }
}
