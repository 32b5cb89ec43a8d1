import { openIdx } from "../../../src/data/idx.ts";
import { UserError } from "../../../src/errors.ts";
import { idxNames } from "../../../src/lab/idx-names.ts";
import { bytesOf } from "./mnist.ts";

/** The test digits of MNIST as their files have them. */
export interface TestDigits {
  readonly count: number;
  /** [28 · 28] of one of them, 0 to 255. */
  pixels(at: number): Uint8Array;
  label(at: number): number;
}

const PIXELS = 28 * 28;

/** The two test files of MNIST from the folder at an address. Rejects with UserError where they aren't there. */
export async function testDigitsAt(folder: string): Promise<TestDigits> {
  const [images, labels] = await Promise.all(
    [idxNames.testImages, idxNames.testLabels].map(async (name) =>
      openIdx(await bytesOf(new URL(`${name}.gz`, folder).href), name).decode(),
    ),
  );
  const count = labels!.data.length;
  if (images!.type !== "uint8" || images!.data.length !== count * PIXELS)
    throw new UserError(`data: the test digits must be ${count} images of 28 × 28 bytes`);
  return {
    count,
    pixels: (at) => Uint8Array.from(images!.data.subarray(at * PIXELS, (at + 1) * PIXELS)),
    label: (at) => labels!.data[at]!,
  };
}
