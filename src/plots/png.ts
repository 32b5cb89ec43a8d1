import { crc32 } from "../formats/crc32.ts";

/** An indexed image: each pixel is a place in a palette of at most 256 colours. */
export interface Indexed {
  readonly width: number;
  readonly height: number;
  /** [height · width], row by row from the top */
  readonly pixels: Uint8Array;
  /** [r, g, b] or [r, g, b, alpha], each 0..255 */
  readonly palette: readonly (readonly number[])[];
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** An image in colours. */
export interface Coloured {
  readonly width: number;
  readonly height: number;
  /** [height · width · 4], red, green, blue and alpha of each pixel, each 0..255 */
  readonly rgba: Uint8Array;
}

/** Colour types of PNG. */
const [INDEXED, RGBA] = [3, 6];

/** A PNG file of an indexed image. PNG specification, third edition: 8 bits a pixel, colour type 3, no filter. */
export async function encodePng({ width, height, pixels, palette }: Indexed): Promise<Uint8Array> {
  // What is missing at the end is opaque.
  const all = palette.map(([, , , alpha = 255]) => alpha);
  const alphas = all.slice(0, all.findLastIndex((alpha) => alpha < 255) + 1);
  return file(width, height, INDEXED, pixels, [
    chunk("PLTE", Uint8Array.from(palette.flatMap(([r, g, b]) => [r!, g!, b!]))),
    ...(alphas.length > 0 ? [chunk("tRNS", Uint8Array.from(alphas))] : []),
  ]);
}

/** A PNG file of an image in colours: 8 bits a value, colour type 6, no filter. */
export const encodeColours = ({ width, height, rgba }: Coloured): Promise<Uint8Array> =>
  file(width, height, RGBA, rgba, []);

/** @param bytes [height · bytes of a row] */
async function file(
  width: number,
  height: number,
  type: number,
  bytes: Uint8Array,
  before: readonly Uint8Array[],
): Promise<Uint8Array> {
  const stride = bytes.length / height;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) rows.set(bytes.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, type], 8);
  return concat([
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    ...before,
    chunk("IDAT", await zlib(rows)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** An image whose palette has the colours that occur alone, in their order, and the pixels' places among them. */
export function withUsedColours({
  pixels,
  palette,
}: Pick<Indexed, "pixels" | "palette">): Pick<Indexed, "pixels" | "palette"> {
  const used = new Uint8Array(256);
  for (const place of pixels) used[place] = 1;
  const kept = palette.flatMap((_, place) => (used[place] ? [place] : []));
  const places = new Uint8Array(256);
  kept.forEach((place, i) => {
    places[place] = i;
  });
  return { pixels: pixels.map((place) => places[place]!), palette: kept.map((place) => palette[place]!) };
}

/** The file as an address that an image can be read from in place. */
export function dataUri(png: Uint8Array): string {
  let binary = "";
  for (const byte of png) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

/** Length, type, data, and the checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(
    Array.from(type, (c) => c.charCodeAt(0)),
    4,
  );
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

async function zlib(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
