import { crc32 } from "node:zlib";
import { encode } from "jpeg-js";
import { BadImage, type Decoded } from "../../src/data/images/decoded.ts";
import { decodeImage, imageHeader, readImage } from "../../src/data/images/read.ts";
import { pngFile } from "../../src/data/images/testing.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { simplePng } from "./png-oracle.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Good PNG and JPEG files, damaged, and forged with right checksums: each is read right or refused, and takes no memory for pixels that a file can't hold. */
export const images: Suite = {
  name: "images",
  about: "damaged and forged PNG and JPEG files, PNG beside a simple reader",
  cases: 1000,
  full: 100_000,
  run: (options) =>
    eachCase(options, async (seed) => {
      const draws = new Draws(seed);
      return draws.oneIn(4) ? jpegCase(draws) : pngCase(draws);
    }),
};

const damaged = (bytes: Uint8Array, draws: Draws): Uint8Array => {
  let found = bytes;
  for (let n = 1 + draws.below(2); n > 0; n--) found = draws.of(Object.values(damages))(found, draws);
  return new Uint8Array(found);
};

const layouts = [[0, 1, 1], [0, 2, 1], [0, 4, 1], [0, 8, 1], [0, 16, 1], [2, 8, 3], [2, 16, 3], [3, 1, 1], [3, 4, 1], [3, 8, 1], [4, 8, 2], [4, 16, 2], [6, 8, 4], [6, 16, 4]] as const; // biome-ignore format: one line

function drawnPng(draws: Draws): Uint8Array {
  const [type, depth, each] = draws.of(layouts);
  const [width, height] = [1 + draws.below(12), 1 + draws.below(12)];
  const colours = 1 + draws.below(Math.min(16, 2 ** depth));
  const most = type === 3 ? colours : 2 ** depth;
  const samples = Array.from({ length: width * height * each }, () => draws.below(most));
  const parts: [string, number[]][] = [];
  if (type === 3) parts.push(["PLTE", [...draws.bytes(3 * colours)]]);
  if (draws.oneIn(4) && type < 4) parts.push(["tRNS", [...draws.bytes(type === 3 ? draws.below(colours) + 1 : 2 * each)]]); // biome-ignore format: one line
  const filters = Array.from({ length: 40 }, () => draws.below(5));
  return pngFile({ ...{ width, height, depth, type, samples, parts }, interlaced: draws.oneIn(3), filter: (y) => filters[y]! }); // biome-ignore format: one line
}

/** The same bytes with the checksum that each part has, as far as there are parts. */
function signed(bytes: Uint8Array): Uint8Array {
  const view = Buffer.from(bytes);
  for (let at = 8; at + 12 <= view.length; ) {
    const end = at + 8 + view.readUInt32BE(at);
    if (end + 4 > view.length) break;
    view.writeUInt32BE(crc32(view.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return new Uint8Array(view);
}

/** Sizes that no small file holds. */
const sizes = [0, 1, 255, 4096, 9999, 10_000, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

function forgedPng(good: Uint8Array, draws: Draws): Uint8Array {
  const bytes = Buffer.from(good);
  const kind = draws.below(4);
  if (kind < 2) bytes.writeUInt32BE(draws.of(sizes), draws.of([8, 16, 20]));
  if (kind === 2) bytes[24 + draws.below(5)] = draws.of([0, 1, 2, 3, 4, 5, 6, 8, 16, 32, 255]);
  return signed(draws.oneIn(3) ? damaged(bytes, draws) : bytes);
}

/** Bytes of memory that a byte of a file may ask for, by ten: eight squares of 64 pixels in a JPEG, at 24 bytes. */
const LARGEST = 1300;

/** An image, or REFUSED: as data sets read it, with the reason as a message of theirs. */
async function decoded(bytes: Uint8Array): Promise<Decoded | typeof REFUSED> {
  let image: Decoded | undefined;
  const found = await attempt(LARGEST * bytes.length, "data", async () => {
    try {
      image = await decodeImage(bytes);
    } catch (error) {
      if (!(error instanceof BadImage)) throw error;
      return readImage(bytes, "data: f.png", { colour: "rgb" }, { height: 1, width: 1 });
    }
    return image;
  });
  return found === REFUSED ? REFUSED : image!;
}

async function pngCase(draws: Draws): Promise<string> {
  const good = drawnPng(draws);
  const isWhole = draws.oneIn(4);
  const bytes = isWhole ? good : draws.oneIn(2) ? damaged(good, draws) : forgedPng(good, draws);
  const image = await decoded(bytes);
  if (image === REFUSED) {
    if (isWhole) throw new Error("refused a good PNG");
    return REFUSED;
  }
  checkForm(image, bytes);
  if (bytes[0] === 0x89) samePixels(image, bytes);
  return "read";
}

function checkForm({ width, height, channels, white, data }: Decoded, bytes: Uint8Array): void {
  const header = imageHeader(bytes);
  if (data.length !== width * height * channels || width !== header.width || height !== header.height)
    throw new Error(`${width} by ${height} with ${channels} channels has ${data.length} samples`);
  if (white !== (data instanceof Uint16Array ? 65535 : 255)) throw new Error(`white is ${white}`);
}

/** Compares samples where they are pixels as they are: 8 or 16 bits, no palette; brightness of fewer bits reaches to white. */
function samePixels({ channels, data }: Decoded, bytes: Uint8Array): void {
  const { type, depth, samples } = simplePng(bytes);
  if (type === 3) return;
  const own = { 0: 1, 2: 3, 4: 2, 6: 4 }[type]!;
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  samples.forEach((sample, i) => {
    const found = data[Math.floor(i / own) * channels + (i % own)];
    if (found !== sample * scale) throw new Error(`sample ${i} is ${found}, there is ${sample}`);
  });
}

const jpegs = new Map<number, Uint8Array>();

/** One of a few files, each of which is made once: that takes longer than reading it. */
function drawnJpeg(draws: Draws): Uint8Array {
  const which = draws.below(30);
  const own = new Draws(which);
  const [width, height] = [1 + own.below(40), 1 + own.below(40)];
  const known = jpegs.get(which);
  if (known) return known;
  const { data } = encode({ width, height, data: Buffer.from(own.bytes(4 * width * height)) }, 1 + own.below(100));
  const made = new Uint8Array(data);
  jpegs.set(which, made);
  return made;
}

/** Where a JPEG's frame begins, with its sizes 5 bytes on. */
const frameAt = (bytes: Uint8Array): number => Buffer.from(bytes).indexOf(Buffer.from([0xff, 0xc0]));

function forgedJpeg(good: Uint8Array, draws: Draws): Uint8Array {
  const bytes = Buffer.from(good);
  const at = frameAt(bytes);
  const frame = Buffer.from(bytes.subarray(at, at + 19));
  const resize = (to: Buffer, from: number): void => {
    for (const place of [5, 7]) if (!draws.oneIn(3)) to.writeUInt16BE(draws.of(sizes) & 0xffff, from + place);
  };
  const kind = draws.below(4);
  if (kind === 0) bytes[at + 1] = draws.of([0xc1, 0xc2, 0xc3, 0xc9]);
  if (kind === 1) bytes[at + 9 + draws.below(10)] = draws.of([0, 1, 2, 3, 4, 0x11, 0x44, 0xff]);
  if (kind === 2) {
    resize(frame, 0);
    return Buffer.concat([bytes.subarray(0, at + 19), frame, bytes.subarray(at + 19)]);
  }
  if (kind === 3) resize(bytes, at);
  return bytes;
}

async function jpegCase(draws: Draws): Promise<string> {
  const good = drawnJpeg(draws);
  const isWhole = draws.oneIn(4);
  const bytes = isWhole ? good : draws.oneIn(2) ? damaged(good, draws) : new Uint8Array(forgedJpeg(good, draws));
  const image = await decoded(bytes);
  if (image === REFUSED) {
    if (isWhole) throw new Error("refused a good JPEG");
    return REFUSED;
  }
  checkForm(image, bytes);
  return "read";
}
