import { Resvg } from "@resvg/resvg-js";
import { expect, test } from "vitest";
import { decodePng } from "../data/images/png.ts";
import { contactSheetPng, contactSheetSvg, imageGrid, stacked } from "./index.ts";
import { faultsOf, textsOf } from "./testing.ts";

const size = { width: 2, height: 1 };
const rows = [
  {
    name: "4",
    note: "1,024",
    mean: [0.5, 0.5],
    images: [
      [0, 1],
      [1, 0],
    ],
  },
  { name: "ankle boot & more", mean: [0, 1], images: [[1, 1]] },
];

test("contactSheetSvg: a row a name with its note, its mean and its images, texts apart and large enough", async () => {
  const svg = await contactSheetSvg(rows, size, "two: 2 classes, 1 to 1,024 training images each");
  expect(faultsOf(svg)).toEqual([]);
  expect(textsOf(svg).map(({ text }) => text)).toEqual(
    expect.arrayContaining(["4", "1,024", "ankle boot & more", "mean", "examples"]),
  );
  expect(svg.match(/<image /g)).toHaveLength(4);
  expect(svg).toContain("prefers-color-scheme:dark");
  expect(() => new Resvg(svg).render()).not.toThrow();
});

test("contactSheetPng: a row a name, the mean first, and nothing where there is no image", async () => {
  const png = await contactSheetPng(rows, size);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="254" height="85"><image width="254" height="85" image-rendering="optimizeSpeed" href="data:image/png;base64,${Buffer.from(png).toString("base64")}"/></svg>`;
  const { pixels, width } = new Resvg(svg).render();
  const at = (x: number, y: number): number[] => [...pixels.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
  expect([at(10, 10), at(95, 10), at(160, 10), at(180, 10), at(200, 60)]).toEqual([
    [128, 128, 128, 255],
    [1, 1, 1, 255],
    [255, 255, 255, 255],
    [255, 255, 255, 255],
    [0, 0, 0, 0],
  ]);
});

test("stacked: drawings below each other, each whole", () => {
  const svg = stacked([`<svg width="10" height="20"></svg>`, `<svg width="30" height="5"></svg>`]);
  expect(svg).toContain('width="30" height="49"');
  expect([...svg.matchAll(/<svg y="(\d+)"/g)].map(([, y]) => y)).toEqual(["0", "32"]);
});

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(/data:image\/png;base64,([^"]+)"/.exec(text)![1]!, "base64"));

test("images with three channels are drawn in colours, by their own values or around grey", async () => {
  const grid = { title: "w", width: 1, height: 2, channels: 3, columns: 2 } as const;
  const images = [
    [1, 0, 0.2, 0.4, 0.6, 2],
    [0, 0, Number.NaN, -1, 1, 0],
  ];
  const own = decodePng(bytesOf(await imageGrid(images, { ...grid, colours: "gray" })));
  expect([own.width, own.height, own.channels]).toEqual([3, 2, 4]);
  const [gap, none] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  expect([...own.data]).toEqual([
    ...[255, 0, 51, 255],
    ...gap,
    ...none,
    ...[102, 153, 255, 255],
    ...gap,
    ...[0, 255, 0, 255],
  ]);
  const around = decodePng(bytesOf(await imageGrid([[0, 0, 0, -2, 2, 1]], { ...grid, columns: 1 })));
  expect([...around.data]).toEqual([128, 128, 128, 255, 0, 255, 191, 255]);
});

test("contactSheetPng: colours where there are three channels", async () => {
  const row = { name: "a", mean: [1, 0, 0, 0, 1, 0], images: [[0, 0, 1, 1, 1, 1]] };
  const { width, height, data } = decodePng(await contactSheetPng([row], { width: 2, height: 1, channels: 3 }));
  expect([width, height]).toEqual([4 * 42 + 1, 42]);
  const at = (x: number, y: number) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
  expect([at(0, 0), at(41, 41), at(42, 0), at(85, 20), at(168, 0)]).toEqual([
    [255, 0, 0],
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ]);
});
