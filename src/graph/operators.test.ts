/** JavaScript's own operators on tensors and arrays, and the ways in which both are printed. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import { array, constant, type Tensor } from "./index.ts";

const tensor = (): never => constant(array([1, 2])).add(1) as never;

const operators: Record<string, (x: never, y: never) => unknown> = {
  "x + 1": (x) => x + 1,
  "1 + x": (x) => 1 + x,
  "text + x": (x) => ["a", x].reduce((a, b) => a + b),
  "x - y": (x, y) => x - y,
  "x * y": (x, y) => x * y,
  "x / 2": (x) => x / 2,
  "x ** 2": (x) => x ** 2,
  "x % 2": (x) => x % 2,
  "-x": (x) => -x,
  "+x": (x) => +x,
  "~x": (x) => ~x,
  "x > 0": (x) => x > 0,
  "x <= y": (x, y) => x <= y,
  // biome-ignore lint/suspicious/noDoubleEquals: what is tested
  "x == 1": (x) => x == 1,
  "Math.max(x, 0)": (x) => Math.max(x, 0),
  "Number(x)": (x) => Number(x),
};

describe.each(Object.entries(operators))("%s", (_, operator) => {
  test("is refused for tensors, with the user's line", () => {
    expect(() => operator(tensor(), tensor())).toThrow(ShapeError);
    expect(() => operator(tensor(), tensor())).toThrow(
      /^tensor: JavaScript's operators don't work on tensors, received float32\[2\] of add: write x\.add\(y\).*\n.*operators\.test\.ts/,
    );
  });

  test("takes an array of one element for its number, and refuses others", () => {
    const [three, four] = [array(3) as never, array([[4]]) as never];
    expect(operator(three, four)).toEqual(operator(3 as never, 4 as never));
    const two = array([1, 2]) as never;
    expect(() => operator(two, two)).toThrow(/^array: .*one element only, received float32\[2\]/);
  });
});

test("text is a description, of arrays their numbers", () => {
  const x = tensor() as Tensor;
  expect([`${x}`, String(x), x.toString(), [x].join()]).toEqual(Array(4).fill("tensor float32[2] of add"));
  expect(`${array([1, Number.NaN, Infinity])}`).toBe("float32[3] [1,NaN,Infinity]");
});

test("tensors and arrays are printed, compared and made JSON of as before", () => {
  const [x, a] = [tensor() as Tensor, array([1, 2])];
  expect(inspect(x, { depth: 0 })).toMatch(/^Tensor \{\s+id: \d+/);
  expect(inspect(a)).toMatch(/^NdArray \{\s+data: Float32Array\(2\)/);
  expect(Object.keys(a)).toEqual(["data", "shape", "dtype"]);
  expect(a).toEqual(array([1, 2]));
  expect(a).not.toEqual(array([1, 3]));
  expect(x).not.toEqual(tensor());
  // A graph of 2⁴⁰ paths is one short text.
  let deep = x;
  for (let i = 0; i < 40; i++) deep = deep.add(deep);
  expect(JSON.stringify({ deep, a })).toBe(
    '{"deep":"tensor float32[2] of add","a":{"data":{"0":1,"1":2},"shape":[2],"dtype":"float32"}}',
  );
});
