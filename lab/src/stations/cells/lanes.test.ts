import { expect, test } from "vitest";
import { context, current, type Lane, sequence, textOf, valuesOf, withLine } from "./lanes.ts";

const lanes = Object.entries({ current, context, sequence });

test.each(lanes)("%s: each preset lies in its range, and as a drawing has the same numbers", (_, lane: Lane) => {
  for (const name of Object.keys(lane.presets)) {
    const values = valuesOf(name, lane)!;
    expect(values).toHaveLength(lane.steps);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(lane.from);
    expect(Math.max(...values)).toBeLessThanOrEqual(lane.to);
    expect(valuesOf(textOf(values, lane), lane)).toEqual(values);
  }
});

test("a drawing has a letter for each level, and any other text is none", () => {
  const text = "A".repeat(99);
  expect(valuesOf(`${text}A`, current)![0]).toBe(-0.5);
  expect(valuesOf(`${text}_`, current)![99]).toBe(1.46875);
  expect(valuesOf(`${text}g`, context)![99]).toBe(1);
  for (const wrong of [text, `${text}AA`, `${text}+`, "", "toString"]) expect(valuesOf(wrong, current)).toBeUndefined();
  expect(valuesOf(`${text}h`, context)).toBeUndefined();
  expect(textOf([-9, 0, 0.27, 9], current)).toBe("AQZ_");
});

test("a line goes from one point to the other, in either direction, and changes no other step", () => {
  const flat = Float32Array.of(5, 5, 5, 5, 5);
  expect([...withLine(flat, [1, 0], [3, 1], context)]).toEqual([5, 0, 0.5, 1, 5]);
  expect([...withLine(flat, [3, 1], [1, 0], context)]).toEqual([5, 0, 0.5, 1, 5]);
  expect([...withLine(flat, [2, 1], [2, 0.26], context)]).toEqual([5, 5, 0.25, 5, 5]);
  expect([...flat]).toEqual([5, 5, 5, 5, 5]);
});

test("numbers may be typed where a network reads them, and a drawing over them keeps the others", () => {
  const typed = valuesOf("0.3,1,0,0.12345", sequence)!;
  expect(typed).toEqual(Float32Array.of(0.3, 1, 0, 0.12345));
  expect(textOf(typed, sequence)).toBe("0.3,1,0,0.12345");
  expect(textOf(withLine(typed, [1, 0.51], [1, 0.51], sequence), sequence)).toBe("0.3,0.5,0,0.12345");
  for (const wrong of ["0.3,", "0.3,1.1", "0.3,-1", "0.3,x", new Array(101).fill("0.1").join()])
    expect(valuesOf(wrong, sequence)).toBeUndefined();
  expect(valuesOf("0.3,1", current)).toBeUndefined();
});
