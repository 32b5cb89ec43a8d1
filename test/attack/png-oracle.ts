import { inflateSync } from "node:zlib";

/** The samples of a PNG file, [height · width · samples of a pixel], by a reader that is written from the specification for short files, with Node's zlib. */
export interface SimplePng {
  readonly width: number;
  readonly height: number;
  readonly type: number;
  readonly depth: number;
  readonly samples: readonly number[];
}

const each: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Reads it; throws anything for a file whose parts don't say what its pixels are. Checksums aren't looked at. */
export function simplePng(bytes: Uint8Array): SimplePng {
  const whole = Buffer.from(bytes);
  const [width, height, depth, type] = [whole.readUInt32BE(16), whole.readUInt32BE(20), whole[24]!, whole[25]!];
  const data: Buffer[] = [];
  for (let at = 8; ; ) {
    const [length, name] = [whole.readUInt32BE(at), whole.toString("latin1", at + 4, at + 8)];
    if (name === "IEND") break;
    if (name === "IDAT") data.push(whole.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const packed = inflateSync(Buffer.concat(data));
  const count = each[type]!;
  const samples = new Array<number>(width * height * count).fill(0);
  const passes = whole[28] === 1 ? ["0088", "4088", "0448", "2044", "0224", "1022", "0112"] : ["0011"];
  let at = 0;
  for (const pass of passes) {
    const [x0, y0, dx, dy] = [...pass].map(Number) as [number, number, number, number];
    if (x0 >= width) continue;
    const columns = Math.ceil((width - x0) / dx);
    const row = Math.ceil((columns * count * depth) / 8);
    let above = new Uint8Array(row);
    for (let y = y0; y < height; y += dy) {
      const line = unfiltered(packed[at]!, packed.subarray(at + 1, at + 1 + row), above, Math.max(1, (count * depth) >> 3)); // biome-ignore format: one line
      at += 1 + row;
      above = line;
      const bits = [...line].map((byte) => byte.toString(2).padStart(8, "0")).join("");
      for (let i = 0; i < columns * count; i++)
        samples[(y * width + x0 + Math.floor(i / count) * dx) * count + (i % count)] = Number.parseInt(
          bits.slice(i * depth, (i + 1) * depth),
          2,
        );
    }
  }
  return { width, height, type, depth, samples };
}

function unfiltered(filter: number, row: Uint8Array, above: Uint8Array, step: number): Uint8Array<ArrayBuffer> {
  const line = new Uint8Array(row.length);
  row.forEach((byte, i) => {
    const [a, b, c] = [i >= step ? line[i - step]! : 0, above[i]!, i >= step ? above[i - step]! : 0];
    const distances = [a, b, c].map((from) => Math.abs(a + b - c - from));
    const nearest = [a, b, c][distances.indexOf(Math.min(...distances))]!;
    line[i] = byte + [0, a, b, Math.floor((a + b) / 2), nearest][filter]!;
  });
  return line;
}
