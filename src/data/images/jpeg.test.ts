import { encode } from "jpeg-js";
import { describe, expect, test } from "vitest";
import { BadImage } from "./decoded.ts";
import { decodeJpeg, jpegHeader } from "./jpeg.ts";
import libjpeg from "./libjpeg.json" with { type: "json" };

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));

/** Red grows to the right, green downwards. */
function gradient(width: number, height: number): Uint8Array {
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.set([(255 * x) / (width - 1), (255 * y) / (height - 1), 64, 255], 4 * (y * width + x));
  return data;
}

const jpeg = (width: number, height: number): Uint8Array =>
  Uint8Array.from(encode({ width, height, data: gradient(width, height) }, 95).data);

/** The file with an Exif part that says how it is turned. */
function turnedBy(orientation: number, file: Uint8Array, little = true): Uint8Array {
  const exif = new Uint8Array(36);
  exif.set([0xff, 0xe1, 0, 34, ...Buffer.from("Exif\0\0"), ...Buffer.from(little ? "II" : "MM")]);
  const view = new DataView(exif.buffer, 10);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 1, little);
  view.setUint16(10, 0x0112, little);
  view.setUint16(12, 3, little);
  view.setUint32(14, 1, little);
  view.setUint16(18, orientation, little);
  return Uint8Array.from([...file.subarray(0, 2), ...exif, ...file.subarray(2)]);
}

/** The bytes of the frame header, from its precision on. */
const frame = (file: Uint8Array): Uint8Array => {
  const at = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === 0xc0);
  return file.subarray(at);
};

describe("decodeJpeg", () => {
  test.each(["progressive", "rgb"] as const)("reads a %s file as libjpeg does, to 3 of 255 levels", async (kind) => {
    const { width, height, channels, data } = await decodeJpeg(bytesOf(libjpeg[kind].file));
    expect({ width, height, channels }).toEqual({ width: 8, height: 8, channels: 3 });
    const wanted = bytesOf(libjpeg[kind].pixels);
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThanOrEqual(3);
  });

  test("reads the image that was written, to what quality 95 loses", async () => {
    const { data } = await decodeJpeg(jpeg(24, 16));
    const wanted = gradient(24, 16).filter((_, i) => i % 4 !== 3);
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(12);
  });

  // Where the top left corner of the stored image is seen, and which way its first row goes.
  test.each([
    [1, "top left, to the right"],
    [2, "top right, to the left"],
    [3, "bottom right, to the left"],
    [4, "bottom left, to the right"],
    [5, "top left, downwards"],
    [6, "top right, downwards"],
    [7, "bottom right, upwards"],
    [8, "bottom left, upwards"],
  ])("turns an image as orientation %i says: its first row is seen %s", async (orientation, seen) => {
    for (const little of [true, false]) {
      const file = turnedBy(orientation, jpeg(24, 16), little);
      const { width, height, data } = await decodeJpeg(file);
      expect([width, height]).toEqual(orientation > 4 ? [16, 24] : [24, 16]);
      expect(jpegHeader(file)).toMatchObject({ width, height });
      const at = (x: number, y: number) => data.subarray(3 * (y * width + x), 3 * (y * width + x) + 2);
      const [right, bottom] = [width - 1, height - 1];
      const corner = { left: 0, right }[seen.match(/left|right/)![0] as "left"]!;
      const level = seen.startsWith("top") ? 0 : bottom;
      // The stored corner is black; at the end of its first row there is red.
      expect(Math.max(...at(corner, level))).toBeLessThan(60);
      const along = /wards/.test(seen);
      const [red, green] = along ? at(corner, bottom - level) : at(right - corner, level);
      expect(red).toBeGreaterThan(195);
      expect(green).toBeLessThan(60);
    }
  });

  test("refuses sizes that the file is too short for, before it takes memory", async () => {
    const sized = (width: number, height: number): Uint8Array => {
      const file = jpeg(8, 8);
      const view = new DataView(frame(file).buffer, frame(file).byteOffset);
      view.setUint16(5, height);
      view.setUint16(7, width);
      return file;
    };
    const before = process.memoryUsage().arrayBuffers;
    for (const file of [sized(9999, 9999), sized(65_535, 1500)])
      await expect(decodeJpeg(file)).rejects.toThrow(
        new BadImage("it ends early: it has fewer pixels than its header says"),
      );
    // A second header, of a larger image.
    const [small, large] = [jpeg(8, 8), frame(sized(9999, 9999)).subarray(0, 19)];
    const end = small.length - frame(small).length + 19;
    const both = Uint8Array.from([...small.subarray(0, end), ...large, ...small.subarray(end)]);
    await expect(decodeJpeg(both)).rejects.toThrow(/^it is damaged/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  test("refuses components that are sampled more than four times", async () => {
    const file = jpeg(8, 8);
    frame(file)[11] = 0xf1;
    await expect(decodeJpeg(file)).rejects.toThrow("it is damaged: its components are sampled in a way");
  });

  test("reads an image of one colour, of which a byte holds many squares", async () => {
    const data = new Uint8Array(4 * 800 * 800).fill(128);
    const { width, height } = await decodeJpeg(Uint8Array.from(encode({ width: 800, height: 800, data }, 1).data));
    expect([width, height]).toEqual([800, 800]);
  });

  test("refuses a file that ends anywhere", async () => {
    const file = bytesOf(libjpeg.progressive.file);
    for (let end = 3; end < file.length; end++)
      await expect(decodeJpeg(file.subarray(0, end))).rejects.toThrow(BadImage);
  });

  test.each<[string, (file: Uint8Array) => void]>([
    ["it is a JPEG of a rare kind (SOF9", (file) => frame(file).set([0xc9], 1)],
    ["it has 12 bits a value; 8 are read", (file) => frame(file).set([12], 4)],
    ["it has no pixels: it is 24 wide and 0 high", (file) => frame(file).set([0, 0], 5)],
    ["it has 4295 million pixels, 65535 by 65535", (file) => frame(file).set([255, 255, 255, 255], 5)],
    [
      "its colours are those of printing (CMYK); save it as RGB",
      (file) => frame(file).set([0, 20, 8, 0, 8, 0, 8, 4], 2),
    ],
    ["it has 2 components; 1 or 3 are read", (file) => frame(file).set([2], 9)],
    ["nothing says how large it is", (file) => frame(file).set([0xda], 1)],
    ["there is no marker at byte 2", (file) => file.set([0], 2)],
    ["it ends within its header", (file) => frame(file).set([255, 255], 2)],
  ])("says that %s", async (message, change) => {
    const file = jpeg(24, 16);
    change(file);
    await expect(decodeJpeg(file)).rejects.toThrow(message);
  });
});
