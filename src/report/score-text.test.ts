import { expect, test } from "vitest";
import { scoreText } from "./score-text.ts";

test("a score has as many places as its unit and its size ask for", () => {
  expect([1.205, 12.345, 5].map((value) => scoreText({ unit: "%" }, value))).toEqual(["1.21", "12.35", "5.00"]);
  expect(
    [0.25, -98.76543, 19163.0831, 367223755.7158, 0, 0.0000123].map((value) => scoreText({ unit: "" }, value)),
  ).toEqual(
    ["0.2500", "-98.7654", "19,163", "367,223,756", "0.0000", "1.23·10⁻⁵"], // biome-ignore format: one line
  );
  expect(scoreText({ unit: "" }, Number.NaN)).toBe("–");
});
