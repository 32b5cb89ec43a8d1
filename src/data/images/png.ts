import { crc32 } from "../../formats/crc32.ts";
import { CorruptData, inflate, MOST_EXPANSION } from "../../formats/inflate.ts";
import { BadImage, checkPixels, type Decoded, type ImageHeader } from "./decoded.ts";

/** Portable Network Graphics (PNG) Specification, third edition: all colour types and depths, interlaced or not. */
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** The signature, and the whole of the first chunk. */
const HEADER = 33;

const GREY = 0;
const COLOUR = 2;
const PALETTE = 3;
const GREY_ALPHA = 4;
const COLOUR_ALPHA = 6;

/** Depths in bits that each colour type may have, and its samples a pixel. */
const types: Readonly<Record<number, { readonly depths: readonly number[]; readonly samples: number }>> = {
  [GREY]: { depths: [1, 2, 4, 8, 16], samples: 1 },
  [COLOUR]: { depths: [8, 16], samples: 3 },
  [PALETTE]: { depths: [1, 2, 4, 8], samples: 1 },
  [GREY_ALPHA]: { depths: [8, 16], samples: 2 },
  [COLOUR_ALPHA]: { depths: [8, 16], samples: 4 },
};

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly samples: number;
  readonly interlaced: boolean;
}

export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

/** What the first 33 bytes say. Throws BadImage where they break the format's rules. */
export function pngHeader(bytes: Uint8Array): ImageHeader {
  const { width, height, type, depth } = headerOf(bytes);
  const bytesEach = (depth === 16 ? 2 : 1) * (type === GREY ? 2 : type === GREY_ALPHA ? 2 : 4);
  return {
    ...{ width, height, grey: type === GREY || type === GREY_ALPHA },
    // Samples as they are packed, and as they are returned.
    memory: 2 * width * height * bytesEach + height * 8,
  };
}

function headerOf(bytes: Uint8Array): Header {
  if (bytes.length < HEADER) throw new BadImage("it ends within its header");
  const view = viewOf(bytes);
  if (view.getUint32(8) !== 13 || nameAt(bytes, 12) !== "IHDR") throw new BadImage("it doesn't begin with a header");
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, type, compression, filter, interlace] = bytes.subarray(24, 29) as unknown as number[];
  const known = types[type!];
  if (!known?.depths.includes(depth!))
    throw new BadImage(`its header names colour type ${type} with ${depth} bits, which PNG doesn't have`);
  if (compression !== 0 || filter !== 0 || interlace! > 1)
    throw new BadImage("its header names a compression, filter or interlacing that PNG doesn't have");
  checkPixels(width, height);
  return { width, height, depth: depth!, type: type!, samples: known.samples, interlaced: interlace === 1 };
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

const nameAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Chunks that decide what pixels are. */
interface Chunks {
  readonly data: Uint8Array;
  readonly palette: Uint8Array | undefined;
  /** Which colour is transparent, or the alpha of each colour of the palette. */
  readonly transparent: Uint8Array | undefined;
}

/** The image of a PNG file. Throws BadImage for one that is damaged, ends early, or has a checksum that is wrong. */
export function decodePng(bytes: Uint8Array): Decoded {
  const header = headerOf(bytes);
  const chunks = chunksOf(bytes);
  const passes = passesOf(header);
  const size = passes.reduce((sum, { height, rowBytes }) => sum + height * (1 + rowBytes), 0);
  const packed = inflated(chunks.data, size);
  const samples = new (header.depth === 16 ? Uint16Array : Uint8Array)(header.width * header.height * header.samples);
  let at = 0;
  for (const pass of passes) {
    unfilter(packed, at, pass, Math.max(1, (header.samples * header.depth) >> 3));
    spread(packed, at, pass, header, samples);
    at += pass.height * (1 + pass.rowBytes);
  }
  return coloured(header, chunks, samples);
}

function chunksOf(bytes: Uint8Array): Chunks {
  const view = viewOf(bytes);
  const data: Uint8Array[] = [];
  let [palette, transparent]: (Uint8Array | undefined)[] = [];
  for (let at = SIGNATURE.length; ; ) {
    if (at + 12 > bytes.length) throw new BadImage("it ends early");
    const length = view.getUint32(at);
    const name = nameAt(bytes, at + 4);
    if (at + 12 + length > bytes.length) throw new BadImage("it ends early");
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      throw new BadImage(`the checksum of its part ${JSON.stringify(name)} is wrong`);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (name === "IDAT") data.push(content);
    else if (name === "PLTE") palette = content;
    else if (name === "tRNS") transparent = content;
    else if (name === "IEND") break;
    // A capital letter says that the image can't be understood without the chunk.
    else if (name !== "IHDR" && /^[A-Z]/.test(name))
      throw new BadImage(`it has a part ${JSON.stringify(name)} that isn't known`);
    at += 12 + length;
  }
  const whole = new Uint8Array(data.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of data) {
    whole.set(part, at);
    at += part.length;
  }
  return { data: whole, palette, transparent };
}

/** `size` bytes out of zlib's format (RFC 1950). */
function inflated(data: Uint8Array, size: number): Uint8Array {
  if (data.length < 6) throw new BadImage("it has no pixels in it");
  if ((data[0]! & 15) !== 8 || ((data[0]! << 8) | data[1]!) % 31 !== 0 || (data[1]! & 32) !== 0)
    throw new BadImage("its pixels are not compressed as PNG says");
  // Before memory is taken for what can't be there.
  if (size > data.length * MOST_EXPANSION) throw tooFew();
  const out = new Uint8Array(size);
  try {
    const { at, filled, more } = inflate(data, 2, out, 0);
    if (filled < size) throw tooFew();
    if (more) throw new BadImage("it has more pixels than its header says");
    if (at + 4 <= data.length && adler32(out) !== viewOf(data).getUint32(at))
      throw new BadImage("the checksum of its pixels is wrong");
  } catch (error) {
    if (error instanceof CorruptData) throw new BadImage(`its pixels are damaged: ${error.message}`);
    throw error;
  }
  return out;
}

const tooFew = () => new BadImage("it has fewer pixels than its header says");

/** RFC 1950, section 9. */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    // As many as leave both sums below 2³¹.
    const end = Math.min(at + 3800, bytes.length);
    for (; at < end; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/** A part of the image whose rows are stored one after another: every `dx`th column from `x`, every `dy`th row from `y`. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  readonly rowBytes: number;
}

/** Adam7: first column, first row, distance of columns, distance of rows. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function passesOf({ width, height, depth, samples, interlaced }: Header): Pass[] {
  return (interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    .map(([x, y, dx, dy]) => {
      const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
      return { x, y, dx, dy, width: columns, height: rows, rowBytes: Math.ceil((columns * samples * depth) / 8) };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Undoes the filter of each row, in place. @param step bytes of a pixel, at least 1 */
function unfilter(bytes: Uint8Array, start: number, { height, rowBytes }: Pass, step: number): void {
  for (let row = 0, at = start; row < height; row++, at += 1 + rowBytes) {
    const filter = bytes[at]!;
    if (filter > 4) throw new BadImage(`a row has the filter ${filter}, which PNG doesn't have`);
    const above = row === 0 ? -1 : at - 1 - rowBytes;
    for (let i = 1; i <= rowBytes && filter > 0; i++) {
      const left = i > step ? bytes[at + i - step]! : 0;
      const up = above < 0 ? 0 : bytes[above + i]!;
      if (filter === 1) bytes[at + i]! += left;
      else if (filter === 2) bytes[at + i]! += up;
      else if (filter === 3) bytes[at + i]! += (left + up) >> 1;
      else bytes[at + i]! += paeth(left, up, above < 0 || i <= step ? 0 : bytes[above + i - step]!);
    }
  }
}

/** Whichever of the three is nearest to left + up − corner. */
function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** Puts the samples of a pass in their places. */
function spread(
  bytes: Uint8Array,
  start: number,
  { x, y, dx, dy, width, height, rowBytes }: Pass,
  { width: whole, depth, samples }: Header,
  to: Uint8Array | Uint16Array,
): void {
  const mask = (1 << Math.min(depth, 8)) - 1;
  for (let row = 0; row < height; row++) {
    const from = start + row * (1 + rowBytes) + 1;
    for (let column = 0; column < width; column++) {
      const target = ((y + row * dy) * whole + x + column * dx) * samples;
      for (let sample = 0; sample < samples; sample++) {
        const i = column * samples + sample;
        if (depth === 16) to[target + sample] = (bytes[from + 2 * i]! << 8) | bytes[from + 2 * i + 1]!;
        else if (depth === 8) to[target + sample] = bytes[from + i]!;
        else {
          const bit = i * depth;
          to[target + sample] = (bytes[from + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
        }
      }
    }
  }
}

/** Samples as colours: those of a palette are looked up, those of few bits reach to white, and a transparent colour gets its alpha. */
function coloured(header: Header, chunks: Chunks, samples: Uint8Array | Uint16Array): Decoded {
  const { width, height, type, depth } = header;
  const white = depth === 16 ? 65535 : 255;
  if (type === PALETTE) return fromPalette(header, chunks, samples);
  const channels = header.samples as 1 | 2 | 3 | 4;
  const key = type === GREY || type === COLOUR ? keyOf(header, chunks.transparent) : undefined;
  const scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
  if (!key) {
    if (scale !== 1) for (let i = 0; i < samples.length; i++) samples[i]! *= scale;
    return { width, height, channels, white, data: samples };
  }
  const data = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * (channels + 1));
  for (let pixel = 0; pixel < width * height; pixel++) {
    let isKey = true;
    for (let c = 0; c < channels; c++) {
      const sample = samples[pixel * channels + c]!;
      isKey &&= sample === key[c];
      data[pixel * (channels + 1) + c] = sample * scale;
    }
    data[pixel * (channels + 1) + channels] = isKey ? 0 : white;
  }
  return { width, height, channels: (channels + 1) as 2 | 4, white, data };
}

/** The samples of the colour that is transparent. */
function keyOf({ samples }: Header, transparent: Uint8Array | undefined): number[] | undefined {
  if (!transparent) return undefined;
  if (transparent.length !== 2 * samples) throw new BadImage("its transparent colour has a wrong length");
  return Array.from({ length: samples }, (_, i) => (transparent[2 * i]! << 8) | transparent[2 * i + 1]!);
}

function fromPalette(
  { width, height }: Header,
  { palette, transparent }: Chunks,
  places: Uint8Array | Uint16Array,
): Decoded {
  if (!palette || palette.length === 0 || palette.length % 3 !== 0) throw new BadImage("it has no palette of colours");
  const channels = transparent ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const place = places[pixel]!;
    if (3 * place >= palette.length)
      throw new BadImage(`a pixel has colour ${place}, its palette has ${palette.length / 3}`);
    for (let c = 0; c < 3; c++) data[pixel * channels + c] = palette[3 * place + c]!;
    if (transparent) data[pixel * 4 + 3] = transparent[place] ?? 255;
  }
  return { width, height, channels, white: 255, data };
}
