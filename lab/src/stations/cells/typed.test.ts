import { expect, test } from "vitest";
import { sequence, valuesOf } from "./lanes.ts";
import { readSequence, writeSequence } from "./typed.ts";

test("a sequence is values with spaces, commas or lines between, and stars behind two of them", () => {
  const wanted = { values: [0.5, 0.25, 1, 0], marks: [1, 3] };
  for (const text of ["0.5 0.25* 1 0*", "0.5, .25*, 1, 0*", "0.5\n0.25*;1\t0 *", " 0.5,0.25*,1,0* "])
    expect(readSequence(text)).toEqual(wanted);
  expect(readSequence("0.123456 1e-3*\n0*")).toEqual({ values: [0.12346, 0.001, 0], marks: [1, 2] });
});

test("what is written is read again as it was", () => {
  const values = valuesOf("example", sequence)!;
  expect(readSequence(writeSequence(values, [4, 24]))).toEqual({ values: [...values], marks: [4, 24] });
});

test.each([
  ["", "There must be 2 to 100 values; there are 0."],
  ["0.5*", "There must be 2 to 100 values; there is 1."],
  ["0.1 ".repeat(101), "There must be 2 to 100 values; there are 101."],
  ["0.5 0.25", "Two values must have a * behind them; 0 have one."],
  ["0.5* 0.25", "Two values must have a * behind them; 1 has one."],
  ["0.5* 0.25* 1*", "Two values must have a * behind them; 3 have one."],
  ["0.5* 1.7*", "Each value must be a number from 0 to 1; value 2 is “1.7*”."],
  ["*0.5 1*", "Each value must be a number from 0 to 1; value 1 is “*0.5”."],
  ["0.5* -1*", "Each value must be a number from 0 to 1; value 2 is “-1*”."],
  ["0.5* ten 0.1*", "Each value must be a number from 0 to 1; value 2 is “ten”."],
  ["0.5* . 0.1*", "Each value must be a number from 0 to 1; value 2 is “.”."],
  ["0,5* 0,25*", "A decimal comma must be a point: 0.5 in place of 0,5."],
])("“%s” is refused: %s", (text, sentence) => {
  expect(readSequence(text)).toBe(sentence);
});
