import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** IDX: two zeros, the element type (8: unsigned bytes), the number of axes, their lengths, the bytes. */
function idx(shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  head.setUint8(2, 8);
  head.setUint8(3, shape.length);
  shape.forEach((length, i) => head.setUint32(4 + 4 * i, length));
  return Buffer.concat([new Uint8Array(head.buffer), bytes]);
}

/**
 * Fills a folder, which it makes where there is none, with small IDX files: 4 × 4 images of ten classes, the class where the bright pixel is,
 * 240 to train and validate, 40 to test. A network learns them in an epoch or two.
 * @returns the folder
 */
export function writeTinyData(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [stem, count] of [
    ["train", 240],
    ["t10k", 40],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => (i * 7) % 10);
    const images = new Uint8Array(count * 16).map((_, at) => {
      const [i, pixel] = [Math.floor(at / 16), at % 16];
      return pixel === labels[i] ? 255 : (i * 31 + pixel * 17) % 40;
    });
    writeFileSync(join(folder, `${stem}-images-idx3-ubyte`), idx([count, 4, 4], images));
    writeFileSync(join(folder, `${stem}-labels-idx1-ubyte`), idx([count], labels));
  }
  return folder;
}
