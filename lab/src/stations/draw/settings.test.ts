import { expect, test } from "vitest";
import { pictureField } from "./settings.ts";

const field = pictureField({ digit: 8, strokes: [] });

test.each([
  ["nothing", { digit: undefined, strokes: [] }, ""],
  ["a test digit", { digit: 9999, strokes: [] }, "9999"],
  [
    "strokes",
    {
      digit: undefined,
      strokes: [
        [0, 112, 36, 1],
        [5, 6],
      ],
    },
    ".00341001.0506",
  ],
  ["strokes on a test digit", { digit: 0, strokes: [[1, 2]] }, "0.0102"],
])("%s is read as it was written", (_, picture, text) => {
  expect(field.write(picture)).toBe(text);
  expect(field.read(text)).toEqual(picture);
});

test.each(["10000", "x", "-1", "1.", "1.012", "1.01020", "1.zz00", "1.0$00", `.${"0".repeat(8000)}`])(
  "refuses %.12s",
  (text) => {
    expect(field.read(text)).toBeUndefined();
  },
);
