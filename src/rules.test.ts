import { describe, expect, test } from "vitest";
import { UserError } from "./errors.ts";
import { checkChoice, checkKeys, checkNamed, checkNumber, show } from "./rules.ts";

describe("checkNumber", () => {
  test.each([
    [3, {}],
    [0, { atLeast: 0 }],
    [-2.5, { below: 0 }],
    [5, { whole: true, above: 4, atMost: 5 }],
  ])("takes %d under %o", (value, rule) => {
    expect(() => checkNumber("x", value, rule)).not.toThrow();
  });

  test.each([
    [Number.NaN, {}, "x must be a finite number, received NaN"],
    [Number.POSITIVE_INFINITY, {}, "x must be a finite number, received Infinity"],
    ["3", {}, 'x must be a finite number, received "3"'],
    [null, {}, "x must be a finite number, received null"],
    [undefined, { whole: true }, "x must be a whole number, received undefined"],
    [1.5, { whole: true, atLeast: 1 }, "x must be a whole number at least 1, received 1.5"],
    [2 ** 53, { whole: true }, "x must be a whole number, received 9007199254740992"],
    [0, { above: 0, atMost: 1 }, "x must be a finite number above 0 and at most 1, received 0"],
    [1, { atLeast: 0, below: 1 }, "x must be a finite number at least 0 and below 1, received 1"],
  ])("refuses %o under %o", (value, rule, message) => {
    expect(() => checkNumber("x", value, rule)).toThrow(new UserError(message));
  });
});

test("checkChoice names the choices", () => {
  expect(() => checkChoice("color", "red", ["red", "blue"])).not.toThrow();
  expect(() => checkChoice("color", "rde", ["red", "blue"])).toThrow(
    new UserError('color must be one of red, blue (did you mean red?), received "rde"'),
  );
});

test("checkKeys names the options and the stranger", () => {
  expect(() => checkKeys("f", { a: 1 }, ["a", "b"])).not.toThrow();
  expect(() => checkKeys("f", { a: 1, c: 1 }, ["a", "b"])).toThrow(
    new UserError("f: the options are a, b, received c"),
  );
});

test("show keeps long values short", () => {
  expect(show("x".repeat(100))).toHaveLength(80);
  expect(show(() => 1)).toBe("a function");
  expect(() => checkKeys("f", { ["k".repeat(1e5)]: 1 }, ["a"])).toThrow(/^.{0,120}$/);
});

test("show says what a value is where JSON can't", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  let deep: unknown = {};
  for (let i = 0; i < 1e5; i++) deep = { deep };
  expect([show(circle), show({ big: 1n }), show(deep), show(Symbol("s")), show(null)]).toEqual([
    ...["an array of 1", '{"big":1n}', "an object", "Symbol(s)", "null"],
  ]);
});

test("checkNamed wants an object that can have a name", () => {
  for (const value of [null, undefined, [], "kl", 3])
    expect(() => checkNamed("gater:", value)).toThrow(/^gater: must be an object with a name, received /);
  expect(() => checkNamed("gater:", { name: "dense" })).not.toThrow();
});
