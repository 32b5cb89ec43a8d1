import { expect, test } from "vitest";
import { picturesText } from "./digits.ts";

test("pictures stand beside each other, as many as there is room for, with names below", () => {
  // A cross of 4 × 4 and a white square; a character is one pixel wide and two high.
  const cross = [0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0];
  const two = { shape: [4, 4], pixels: [cross, new Array(16).fill(1)], names: ["7", "0"] } as const;
  expect(picturesText(two, 80)).toBe("  █   ████\n▓▓█▓  ████\n 7     0");
  expect(picturesText(two, 9)).toBe("  █\n▓▓█▓\n 7");
});

test("an image of 28 × 28 is 14 columns wide and 7 lines high", () => {
  const lines = picturesText({ shape: [28, 28], pixels: [new Float32Array(784).fill(1)], names: ["1"] }, 80).split(
    "\n",
  );
  expect(lines.slice(0, -1)).toEqual(new Array(7).fill("█".repeat(14)));
});
