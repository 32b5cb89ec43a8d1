import { deflateSync } from "node:zlib";
import { crc32 } from "../../formats/crc32.ts";

/** What a PNG file for tests holds. */
export interface PngParts {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample (default: 8). */
  readonly depth?: number;
  /** Colour type: 0 grey, 2 colours, 3 a palette, 4 grey with alpha, 6 colours with alpha (default: 2). */
  readonly type?: number;
  /** [height · width · samples of a pixel] */
  readonly samples: ArrayLike<number>;
  readonly interlaced?: boolean;
  /** The filter of row y (default: none). */
  readonly filter?: (y: number) => number;
  /** Other parts before the pixels, such as PLTE and tRNS. */
  readonly parts?: readonly (readonly [name: string, content: readonly number[]])[];
  /** Changes the header's 13 bytes. */
  readonly header?: (bytes: Uint8Array) => void;
}

const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A PNG file, written from the specification and apart from what reads it. */
export function pngFile(given: PngParts): Uint8Array {
  const { width, height, depth = 8, type = 2, interlaced = false, parts = [], header: change } = given;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  change?.(header);
  const passes = interlaced
    ? ["0088", "4088", "0448", "2044", "0224", "1022", "0112"].map((text) => text.split("").map(Number))
    : [[0, 0, 1, 1]];
  const rows = passes.flatMap(([x0, y0, dx, dy]) => passRows(given, x0!, y0!, dx!, dy!));
  return Uint8Array.from(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      part("IHDR", header),
      ...parts.map(([name, content]) => part(name, Uint8Array.from(content))),
      part("IDAT", deflateSync(Buffer.concat(rows))),
      part("IEND", new Uint8Array(0)),
    ]),
  );
}

function passRows(given: PngParts, x0: number, y0: number, dx: number, dy: number): Uint8Array[] {
  const { width, height, depth = 8, type = 2, samples, filter = () => 0 } = given;
  const each = samplesOf[type]!;
  const rows: Uint8Array[] = [];
  if (x0 >= width) return rows;
  const step = Math.max(1, (each * depth) >> 3);
  let before: Uint8Array | undefined;
  for (let y = y0; y < height; y += dy) {
    let bits = "";
    for (let x = x0; x < width; x += dx)
      for (let s = 0; s < each; s++) bits += samples[(y * width + x) * each + s]!.toString(2).padStart(depth, "0");
    const raw = Uint8Array.from(bits.match(/.{1,8}/g)!, (byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
    const kind = filter(rows.length);
    const filtered = raw.map(
      (value, i) =>
        value - predicted(kind, raw[i - step] ?? 0, before?.[i] ?? 0, (i >= step && before?.[i - step]) || 0),
    );
    rows.push(Uint8Array.of(kind, ...filtered));
    before = raw;
  }
  return rows;
}

function predicted(kind: number, a: number, b: number, c: number): number {
  if (kind < 3) return [0, a, b][kind]!;
  if (kind === 3) return Math.floor((a + b) / 2);
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function part(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(Buffer.from(name, "latin1"), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}
