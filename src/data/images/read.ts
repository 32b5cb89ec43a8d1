import { UserError } from "../../errors.ts";
import { availableMemory, requireMemory } from "../../formats/memory.ts";
import { BadImage, type Decoded, type ImageHeader } from "./decoded.ts";
import { decodeJpeg, isJpeg, jpegHeader } from "./jpeg.ts";
import { decodePng, isPng, pngHeader } from "./png.ts";
import { type ImageReading, type PixelSize, pixelsOf } from "./resize.ts";

/** Endings of files that are read as images. */
export const isImageName = (file: string): boolean => /\.(png|jpe?g)$/i.test(file);

/** What the beginning of a file says. Throws BadImage for what is no PNG or JPEG. */
export function imageHeader(bytes: Uint8Array): ImageHeader {
  if (isPng(bytes)) return pngHeader(bytes);
  if (isJpeg(bytes)) return jpegHeader(bytes);
  throw new BadImage(bytes.length === 0 ? "it is empty" : "it is no PNG or JPEG file");
}

/** The image of a PNG or JPEG file; the contents decide which, not the name. Rejects with BadImage, before it takes memory where the header tells. */
export async function decodeImage(bytes: Uint8Array): Promise<Decoded> {
  const { memory } = imageHeader(bytes);
  try {
    requireMemory("decoding it", memory, availableMemory());
  } catch (error) {
    throw new BadImage((error as Error).message, { cause: error });
  }
  return isPng(bytes) ? decodePng(bytes) : decodeJpeg(bytes);
}

/**
 * The pixels of a PNG or JPEG file from 0 to 1. Rejects with UserError, naming the reason, for one that can't be read and for one of another size.
 * @param subject what an error says first: who asks, and the file
 * @returns [height · width] in grey, [height · width · 3] in colours
 */
export async function readImage(
  bytes: Uint8Array,
  subject: string,
  reading: ImageReading,
  size: PixelSize,
): Promise<Float32Array> {
  try {
    return pixelsOf(await decodeImage(bytes), reading, size);
  } catch (error) {
    throw error instanceof BadImage ? new UserError(`${subject} cannot be read: ${error.message}`) : error;
  }
}
