import { BadImage, checkPixels, type Decoded, type ImageHeader } from "./decoded.ts";

/** What a JPEG file says of its image before the image itself. ITU-T T.81; Exif 2.3, tag 0x0112. */
interface Header {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Squares of 8 by 8 samples, of all components together. */
  readonly blocks: number;
  /** Whether its colours are red, green and blue, and not brightness and two differences. */
  readonly isRgb: boolean;
  /** 1 as it is stored; 2 … 8 turned or mirrored. */
  readonly orientation: number;
}

const [SOI, SOF0, SOF2, DHT, SOF15, DAC, JPG, EOI, SOS, APP1, APP14, TEM] = [
  0xd8, 0xc0, 0xc2, 0xc4, 0xcf, 0xcc, 0xc8, 0xd9, 0xda, 0xe1, 0xee, 0x01,
];

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === SOI && bytes[2] === 0xff;

/** Bytes of memory that jpeg-js takes for a pixel: coefficients of three components, samples, and the result. */
const BYTES_A_PIXEL = 24;

/** What comes before the image. Throws BadImage for a kind of JPEG that can't be read, and for a file that ends before it. */
export function jpegHeader(bytes: Uint8Array): ImageHeader {
  const { width, height, components, orientation } = headerOf(bytes);
  const size = orientation > 4 ? { width: height, height: width } : { width, height };
  return { ...size, grey: components === 1, memory: memoryOf(width, height) };
}

const memoryOf = (width: number, height: number): number => BYTES_A_PIXEL * (width + 16) * (height + 16);

function headerOf(bytes: Uint8Array): Header {
  let [orientation, adobe]: [number, number | undefined] = [1, undefined];
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) throw new BadImage(`it is damaged: there is no marker at byte ${at}`);
    // Bytes that fill up, and markers without a length.
    if (marker === 0xff || marker === TEM || (marker >= 0xd0 && marker <= SOI)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === SOS || marker === EOI) throw new BadImage("it is damaged: nothing says how large it is");
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const part = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || part.length < length - 2) break;
    if (marker === APP1) orientation = orientationIn(part) ?? orientation;
    if (marker === APP14 && String.fromCharCode(...part.subarray(0, 5)) === "Adobe") adobe = part[11];
    const isFrame = marker >= SOF0 && marker <= SOF15 && ![DHT, JPG, DAC].includes(marker);
    if (isFrame) return { ...frameOf(marker, part, adobe), orientation };
    at += 2 + length;
  }
  throw new BadImage("it ends within its header");
}

function frameOf(marker: number, part: Uint8Array, adobe: number | undefined): Omit<Header, "orientation"> {
  if (marker > SOF2)
    throw new BadImage(
      `it is a JPEG of a rare kind (SOF${marker - SOF0}: lossless, hierarchical or arithmetic); baseline and progressive ones are read`,
    );
  const [precision = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, components = 0] = part;
  if (part.length < 6 + 3 * components) throw new BadImage("it ends within its header");
  if (precision !== 8) throw new BadImage(`it has ${precision} bits a value; 8 are read`);
  if (components === 4) throw new BadImage("its colours are those of printing (CMYK); save it as RGB");
  if (components !== 1 && components !== 3) throw new BadImage(`it has ${components} components; 1 or 3 are read`);
  const [width, height] = [(w1 << 8) | w0, (h1 << 8) | h0];
  checkPixels(width, height);
  const ids = String.fromCharCode(part[6]!, part[9] ?? 0, part[12] ?? 0);
  return {
    width,
    height,
    components,
    blocks: blocksOf(part, width, height),
    isRgb: components === 3 && (adobe === 0 || (adobe === undefined && ids === "RGB")),
  };
}

/** The squares of all components: T.81, A.1.1. Throws BadImage for components that are sampled in no way that there is. */
function blocksOf(part: Uint8Array, width: number, height: number): number {
  const sampled = Array.from({ length: part[5]! }, (_, i) => [part[7 + 3 * i]! >> 4, part[7 + 3 * i]! & 15] as const);
  if (!sampled.flat().every((times) => times >= 1 && times <= 4))
    throw new BadImage("it is damaged: its components are sampled in a way that JPEG doesn't have");
  const [most, highest] = [Math.max(...sampled.map(([x]) => x)), Math.max(...sampled.map(([, y]) => y))];
  const along = (size: number, times: number, of: number): number => Math.ceil(Math.ceil((size * times) / of) / 8);
  return sampled.reduce((sum, [x, y]) => sum + along(width, x, most) * along(height, y, highest), 0);
}

/** The orientation in an Exif part; undefined where there is none. */
function orientationIn(part: Uint8Array): number | undefined {
  if (String.fromCharCode(...part.subarray(0, 6)) !== "Exif\0\0" || part.length < 14) return undefined;
  const tiff = new DataView(part.buffer, part.byteOffset + 6, part.length - 6);
  const little = tiff.getUint16(0) === 0x4949;
  const start = tiff.getUint32(4, little);
  if (start + 2 > tiff.byteLength) return undefined;
  const count = tiff.getUint16(start, little);
  for (let i = 0; i < count && start + 14 + 12 * i <= tiff.byteLength; i++) {
    const entry = start + 2 + 12 * i;
    if (tiff.getUint16(entry, little) !== 0x0112) continue;
    const value = tiff.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** The image of a JPEG file, turned as its Exif part says. Rejects with BadImage for one that is damaged or ends early. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Decoded> {
  const { width, height, components, blocks, isRgb, orientation } = headerOf(bytes);
  // A square takes a bit at least: before memory and time are taken for what can't be there.
  if (blocks > 8 * bytes.length) throw new BadImage("it ends early: it has fewer pixels than its header says");
  // In a bundle, what a CommonJS package exports is its default.
  const { default: jpeg } = await import("jpeg-js");
  let found: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  try {
    found = jpeg.decode(bytes, {
      ...{ useTArray: true, formatAsRGBA: false, tolerantDecoding: false, colorTransform: !isRgb },
      // A further header, of a larger image, is refused there.
      ...{ maxResolutionInMP: (width * height + 1) / 1e6, maxMemoryUsageInMB: 1 + memoryOf(width, height) / 2 ** 20 },
    });
  } catch (error) {
    if (endsEarly(bytes)) throw new BadImage("it ends early");
    // What jpeg-js stumbles over says nothing of the file; what it refuses does.
    const isRefused = error instanceof Error && error.name === "Error";
    throw new BadImage(isRefused ? `it is damaged (${error.message})` : "it is damaged", { cause: error });
  }
  if (found.width !== width || found.height !== height) throw new BadImage("it is damaged: it names two sizes");
  const channels = components as 1 | 3;
  const data = channels === 3 ? found.data : Uint8Array.from({ length: width * height }, (_, i) => found.data[3 * i]!);
  return turned({ width, height, channels, white: 255, data }, orientation);
}

/** Whether the marker at a file's end is missing. */
function endsEarly(bytes: Uint8Array): boolean {
  for (let at = bytes.lastIndexOf(EOI); at > 0; at = bytes.lastIndexOf(EOI, at - 1))
    if (bytes[at - 1] === 0xff) return false;
  return true;
}

/** An image as it is meant to be seen, from how it is stored. */
function turned(image: Decoded, orientation: number): Decoded {
  if (orientation === 1) return image;
  const { width, height, channels, data } = image;
  const [columns, rows] = orientation > 4 ? [height, width] : [width, height];
  const to = new Uint8Array(data.length);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      // From 5 on rows and columns are exchanged; then each way may be backwards.
      const [across, down] = orientation > 4 ? [y, x] : [x, y];
      const fromX = [2, 3, 7, 8].includes(orientation) ? width - 1 - across : across;
      const fromY = [3, 4, 6, 7].includes(orientation) ? height - 1 - down : down;
      for (let c = 0; c < channels; c++)
        to[(y * columns + x) * channels + c] = data[(fromY * width + fromX) * channels + c]!;
    }
  return { ...image, width: columns, height: rows, data: to };
}
