import { describe, expect, expectTypeOf, test } from "vitest";
import { UserError } from "../errors.ts";
import {
  boolean,
  choice,
  configurable,
  family,
  type Given,
  group,
  helpOf,
  list,
  type Mistake,
  make,
  map,
  number,
  pathText,
  readOptions,
  ruleOf,
  type SpecOf,
  spec,
  text,
  type Values,
  whole,
} from "./index.ts";
import { callError, searched } from "./mistakes.ts";
import { parseFlag } from "./text.ts";

const points = { thin: { usual: 7 }, fat: { usual: 5 } };
const shapes = family(
  "shape",
  {
    dot: configurable("dot", {}, () => "a dot"),
    box: configurable(
      "box",
      { side: number({ above: 0 }, "length of a side", { required: true }) },
      ({ side }) => `${side}`,
    ),
    star: configurable(
      "star",
      {
        style: choice(["thin", "fat"], "how its points look", { default: "thin", aliases: { bold: "fat" } }),
        points: whole(3, "points", { default: ({ style }) => points[style as keyof typeof points].usual }),
      },
      ({ style, points }) => `${style} ${points}`,
    ),
  },
  { common: { colour: text("of its lines", { usual: "black" }) }, aliases: { square: "box" }, bare: true },
);

const options = {
  size: whole({ atLeast: 1, atMost: 9 }, "how large", { default: 3, flag: "--size <n>" }),
  name: text("what it is called"),
  shape: spec(shapes, "what it looks like", { required: true }),
  more: list(spec(shapes, "one"), "further ones", { single: true }),
  frame: group(
    { width: number({ atLeast: 0 }, "of the frame"), corners: whole(0, "corners", { default: 4 }) },
    "around it",
  ),
  by: map(whole(1, "n"), "by name"),
};

/** The values, and the mistakes as "path: text". */
function read(given: unknown, fill = true) {
  const mistakes: Mistake[] = [];
  const values = readOptions(options, given, mistakes, { fill });
  return { values, mistakes: mistakes.map(({ path, text }) => `${pathText(path)}: ${text}`) };
}

describe("a table of options", () => {
  test("gives the types of what a user gives and of what stands there with defaults", () => {
    expectTypeOf<Given<typeof options>["size"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Values<typeof options>["size"]>().toEqualTypeOf<number>();
    expectTypeOf<Values<typeof options>["name"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Given<typeof options>["shape"]>().toEqualTypeOf<SpecOf<typeof shapes>>();
    const given: Given<typeof options>[] = [
      { shape: "dot" },
      { shape: { name: "box", side: 2, colour: "red" }, more: "dot", frame: { width: 1 }, by: { a: 1 } },
      // @ts-expect-error a shape must be given
      { size: 3 },
      // @ts-expect-error a box has a side
      { shape: { name: "box" } },
      // @ts-expect-error a dot has none
      { shape: { name: "dot", side: 2 } },
      // @ts-expect-error a style that doesn't exist
      { shape: { name: "star", style: "flat" } },
    ];
    expect(given).toHaveLength(6);
  });

  test("fills in defaults at its own level alone, and knows members by their aliases", () => {
    expect(read({ shape: "dot" })).toEqual({ values: { size: 3, shape: "dot" }, mistakes: [] });
    expect(read({ shape: "dot", frame: { width: 1 } }).values.frame).toEqual({ width: 1 });
    expect(read({ shape: "dot" }, false).values).toEqual({ shape: "dot" });
    const given = { shape: { name: "square", side: 2 }, more: ["dot", { name: "star", style: "bold" }] };
    expect(read(given)).toEqual({
      values: { size: 3, shape: { name: "box", side: 2 }, more: ["dot", { name: "star", style: "fat" }] },
      mistakes: [],
    });
  });

  test("tells every mistake with its path, unknown keys last", () => {
    const given = {
      size: 10,
      name: "",
      shape: { name: "box", side: 0, sides: 4 },
      more: ["dott", { name: "star", points: 2.5 }],
      frame: { width: -1, corners: null },
      by: { a: 0 },
      sise: 1,
    };
    expect(read(given).mistakes).toEqual([
      "size: must be a whole number at least 1 and at most 9, received 10",
      'name: must be a text that is not empty, received ""',
      "shape.side: must be a finite number above 0, received 0",
      "shape.sides: there is no such option, did you mean side?",
      'more.0: must be one of dot, box, star (did you mean dot?), received "dott"',
      "more.1.points: must be a whole number at least 3, received 2.5",
      "frame.width: must be a finite number at least 0, received -1",
      "frame.corners: must be a whole number at least 0, received null",
      "by.a: must be a whole number at least 1, received 0",
      "sise: there is no such option, did you mean size?",
    ]);
    expect(read({ shape: "box" }).mistakes).toEqual([
      "shape.side: must be a finite number above 0, received undefined",
    ]);
    expect(read({}).mistakes).toEqual(["shape: must be one of dot, box, star, received undefined"]);
    expect(read([]).mistakes).toEqual([": must be an object, received []"]);
    expect(read({ shape: "dot", constructor: 1, __proto__: null }).mistakes).toEqual([
      "constructor: there is no such option, the options are size, name, shape, more, frame, by",
    ]);
  });

  test("a default may depend on the choices, and is not asked for where one of them is wrong", () => {
    expect(make("shape", shapes, "star")).toBe("thin 7");
    expect(make("shape", shapes, { name: "star", style: "bold" })).toBe("fat 5");
    expect(make("shape", shapes, { name: "star", style: "fat", points: 3, colour: "red" })).toBe("fat 3");
    expect(() => make("shape", shapes, { name: "star", style: "flat" })).toThrow(UserError);
    expect(() => make("shape", shapes, { name: "star", style: "flat" })).toThrow(
      /^shape star: style must be one of thin, fat( \(did you mean fat\?\))?, received "flat"$/,
    );
  });

  test("says what an option must be, and what stands for it", () => {
    expect(ruleOf(options.size)).toBe("a whole number at least 1 and at most 9");
    expect(ruleOf(options.more)).toBe("a shape or a list of shapes");
    expect(helpOf(options.size)).toBe("how large (default: 3)");
    expect(helpOf(options.name)).toBe("what it is called");
  });
});

describe("the text of a flag", () => {
  test.each<[keyof typeof options, string, unknown]>([
    ["size", "3", 3],
    ["size", "many", "many"],
    ["name", "3", "3"],
    ["shape", "dot", "dot"],
    ["shape", "box:side=2,colour=red", { name: "box", side: 2, colour: "red" }],
    ["more", "none", []],
    ["more", "dot,box:side=2,colour=red,dot", ["dot", { name: "box", side: 2, colour: "red" }, "dot"]],
  ])("of %s: %s", (option, typed, expected) => {
    expect(parseFlag(options[option], typed)).toEqual(expected);
  });

  const stages = family("stage", { a: { options } }, { tag: "kind" });
  test.each<[string, unknown]>([
    ["a:size=3 a", [{ kind: "a", size: 3 }, { kind: "a" }]],
    [
      "  a:shape=dot   a:more=dot+box(side=2) ",
      [
        { kind: "a", shape: "dot" },
        { kind: "a", more: ["dot", { name: "box", side: 2 }] },
      ],
    ],
    ["a:shape=box(side=2,colour=red),size=4", [{ kind: "a", shape: { name: "box", side: 2, colour: "red" }, size: 4 }]],
    ["a:shape=box,side=2,colour=red,size=4", [{ kind: "a", shape: { name: "box", side: 2, colour: "red" }, size: 4 }]],
    ["a:shape=box(side=2),colour=red", [{ kind: "a", shape: { name: "box", side: 2, colour: "red" } }]],
    ["a:shape=dot,side=2", [{ kind: "a", shape: "dot", side: 2 }]],
    ["a:shape=dot,size=2", [{ kind: "a", shape: "dot", size: 2 }]],
    ["a:more=box(side=2)", [{ kind: "a", more: { name: "box", side: 2 } }]],
    ["a:nothing=1", [{ kind: "a", nothing: 1 }]],
  ])("of members apart by spaces, each value as its option says: %s", (typed, expected) => {
    expect(parseFlag(list(spec(stages, "a stage"), "stages"), typed)).toEqual(expected);
  });
});

test("true or false: as JSON and as the text of a flag, alone and within a spec", () => {
  const gates = family("cell", {
    one: configurable("one", { open: boolean("whether it opens", { default: true }) }, ({ open }) => open),
  });
  expectTypeOf<SpecOf<typeof gates>>().toEqualTypeOf<{ readonly name: "one"; readonly open?: boolean | undefined }>();
  const which = spec(gates, "which");
  expect([{}, { open: false }, { open: true }].map((given) => make("a", gates, { name: "one", ...given }))).toEqual([
    true,
    false,
    true,
  ]);
  expect(parseFlag(which, "one:open=false")).toEqual({ name: "one", open: false });
  expect(parseFlag(boolean("whether"), "true")).toBe(true);
  for (const text of ["yes", "toString", ""]) expect(parseFlag(which, `one:open=${text}`)).toEqual({ name: "one", open: text }); // biome-ignore format: one line
  expect(() => make("a", gates, { name: "one", open: 1 })).toThrow("a one: open must be true or false, received 1");
  expect(helpOf(boolean("whether it opens", { default: false }))).toBe("whether it opens (default: false)");
  expect(ruleOf(boolean("whether"))).toBe("true or false");
});

test("nobody searches for what was meant by a mistake that no message lists", () => {
  let searches = 0;
  const mistakes = Array.from({ length: 4000 }, (_, i) => searched([`key${i}`], () => `mistake ${++searches}`));
  expect(callError("x", mistakes).message).toMatch(/^x:\n {2}key0: mistake 1\n(.*\n)* {2}and 3980 more mistakes$/);
  expect(searches).toBe(20);
});
