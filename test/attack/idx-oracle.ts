import { type Gunzip, gunzipSync } from "node:zlib";
import type { IdxFiles } from "../../src/data/index.ts";

/** An IDX file as it is read by the slow and simple definition below. */
export interface Simple {
  readonly code: number;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const readers: Readonly<Record<number, readonly [width: number, read: (view: DataView, at: number) => number]>> = {
  8: [1, (view, at) => view.getUint8(at)],
  9: [1, (view, at) => view.getInt8(at)],
  11: [2, (view, at) => view.getInt16(at)],
  12: [4, (view, at) => view.getInt32(at)],
  13: [4, (view, at) => view.getFloat32(at)],
  14: [8, (view, at) => view.getFloat64(at)],
};

/** The array in an uncompressed IDX file, or undefined where the file is not well-formed. */
export function simpleIdx(bytes: Uint8Array): Simple | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) return undefined;
  const [code, rank] = [view.getUint8(2), view.getUint8(3)];
  const reader = readers[code];
  if (!reader || bytes.length < 4 + 4 * rank) return undefined;
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * BigInt(size), 1n);
  const [width, read] = reader;
  if (BigInt(bytes.length) !== BigInt(4 + 4 * rank) + count * BigInt(width)) return undefined;
  const values = Array.from({ length: Number(count) }, (_, i) => read(view, 4 + 4 * rank + i * width));
  return { code, shape, values };
}

/**
 * What zlib makes of a file: a file that is not gzip as it is, undefined where it is refused. zlib ignores what follows a
 * zero behind a member; only zeros are allowed there.
 */
export function unpacked(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const result: unknown = gunzipSync(bytes, { maxOutputLength: 2 ** 22, info: true });
    const { buffer, engine } = result as { buffer: Uint8Array; engine: Gunzip };
    return bytes.subarray(engine.bytesWritten).some((byte) => byte !== 0) ? undefined : buffer;
  } catch {
    return undefined;
  }
}

export interface Expected {
  readonly classes: number;
  readonly images: Simple;
  readonly labels: readonly number[];
  readonly testImages: Simple;
  readonly testLabels: readonly number[];
}

/** What four files hold, or undefined where a data set can't be made of them. */
export function simpleDataset(files: IdxFiles, classes: number): Expected | undefined {
  const open = (bytes: Uint8Array): Simple | undefined => {
    const plain = unpacked(bytes);
    return plain && simpleIdx(plain);
  };
  const [images, labels] = [open(files.trainImages), open(files.trainLabels)];
  const [testImages, testLabels] = [open(files.testImages), open(files.testLabels)];
  if (!images || !labels || !testImages || !testLabels) return undefined;
  for (const [pixels, classOf] of [
    [images, labels],
    [testImages, testLabels],
  ] as const) {
    if (pixels.shape.length < 2 || classOf.shape.length !== 1 || pixels.shape[0] !== classOf.shape[0]) return undefined;
    if (pixels.shape.includes(0) || ![8, 13, 14].includes(pixels.code) || classOf.code > 12) return undefined;
    if (pixels.code > 8 && !pixels.values.every((value) => value >= 0 && value <= 1)) return undefined;
    if (!classOf.values.every((label) => label >= 0 && label < classes)) return undefined;
  }
  const [one, other] = [images, testImages].map(({ shape }) => shape.slice(1).join());
  if (one !== other || images.shape[0]! < 2) return undefined;
  return { classes, images, labels: labels.values, testImages, testLabels: testLabels.values };
}

/** The pixels of one example, as text to compare. */
export function example({ code, shape, values }: Simple, index: number): string {
  const features = values.length / shape[0]!;
  const pixels = values.slice(index * features, (index + 1) * features);
  return pixels.map((value) => Math.fround(code === 8 ? value / 255 : value) + 0).join();
}
