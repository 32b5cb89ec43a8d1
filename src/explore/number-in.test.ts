import fc from "fast-check";
import { expect, test } from "vitest";
import { numberIn } from "./number-in.ts";

const read = (text: string): number => {
  const bytes = new TextEncoder().encode(`x${text}y`);
  return numberIn(bytes, 1, bytes.length - 1);
};

test("reads what Number reads, to the bit", () => {
  const digits = fc.stringMatching(/^[+-]?(\d{1,20}\.?\d{0,20}|\.\d{1,20})([eE][+-]?\d{1,3})?$/);
  fc.assert(
    fc.property(digits, (text) => Object.is(read(text), Number(text))),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) =>
      Object.is(read(String(x)), Number(String(x))),
    ),
  );
  for (const [
    text,
    value,
  ] of [["0.1", 0.1], ["-0", -0], ["+12.50", 12.5], ["9007199254740993", 9007199254740992], [".5", 0.5], ["5.", 5], ["1E3", 1000]] as const) // biome-ignore format: one line
    expect(read(text)).toBe(value);
});

test.each(["", "-", "+", ".", "-.", "e5", "1e", "1e+", "12a", "1.2.3", "0x10", "1,5", "Infinity", "NaN", "--1", "1 2"])(
  "%j is no number",
  (text) => {
    expect(read(text)).toBeNaN();
  },
);
