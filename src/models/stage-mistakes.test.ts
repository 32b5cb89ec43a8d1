/** What every stage refuses alike: options that are no object, and names that are no text or stand twice. */
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { classes, conv, dense, dropout, gated, gatedConv, network, pool, residual } from "./index.ts";
import type { StageSpec } from "./stage.ts";
import { stages } from "./stages/index.ts";

const made = (...list: StageSpec[]) => network({ input: [6, 6], stages: [...list, dense({})], head: classes(2) });
const makers = Object.entries(stages) as [string, (options: unknown) => StageSpec][];

describe.each(makers)("%s", (kind, make) => {
  test.each([null, 3, [], "conv", true, () => 3, Symbol("s")])("refuses %s in place of options", (given) => {
    const text = { function: "a function", object: given === null ? "null" : "[]" }[typeof given as string];
    expect(() => made(make(given))).toThrow(
      `network: stages[0] must be an object of options, received ${text ?? (typeof given === "string" ? '"conv"' : String(given))}`,
    );
  });

  test.each([
    [{}, "{}"],
    [3, "3"],
    [null, "null"],
    ["", '""'],
    ["a\u0000", '"a\\u0000"'],
    ["a\nb", '"a\\nb"'],
    [Symbol("s"), "Symbol(s)"],
  ])("refuses the name %j", (name, shown) => {
    expect(() => made(make({ name }))).toThrow(
      `network: stages[0].name must be a text that is not empty and has no control characters, received ${shown}`,
    );
  });

  test("without options has its defaults, or says what is missing", () => {
    const given = ["pool", "global-pool", "normalise", "dropout", "flatten"].includes(kind) ? {} : undefined;
    const without = () => made(...(kind === "normalise" ? [pool()] : []), make(undefined));
    if (given) expect(without).not.toThrow();
    else {
      expect(without).toThrow(UserError);
      expect(without).toThrow(/^network: stages\[0\].*, received undefined$/);
    }
  });
});

describe("an option of a convolution", () => {
  test.each(["false", 0, null, [], Number.NaN])("bias: %j is refused", (bias) =>
    expect(() => made(conv({ features: 4, bias: bias as never }))).toThrow(
      /^network: stages\[0\]\.bias must be true or false, received /,
    ),
  );
  test.each([null, 0, 1.5, "all", []])("groups: %j is refused", (groups) =>
    expect(() => made(conv({ features: 4, groups: groups as never }))).toThrow(
      /^network: stages\[0\]\.groups must be a whole number at least 1, received /,
    ),
  );
  test("null is no number of units", () => {
    expect(() => made(dense({ units: null as never }))).toThrow(/stages\[0\]\.units must be .*received null/);
    expect(() => network({ input: [6, 6], stages: [dense({ units: null as never })], head: classes(2) })).toThrow(
      "network: stages[0].units must be a whole number at least 1, received null",
    );
  });
});

test.each(["programs", "programs.0"])("no layer is named %s: it couldn't be saved", (name) =>
  expect(() => made(dense({ units: 2, name }))).toThrow(
    `network: no layer may be named "${name}": files keep programs under that name`,
  ),
);

test("stages of all kinds that have gates have names of their own", () => {
  const gates = { blocks: 2, gate: "disarm" } as const;
  const stages = [
    gatedConv({ features: 2, ...gates }),
    residual({ stages: [gatedConv({ features: 2, ...gates })], gate: "disarm" }),
    gated({ ...gates, output: 5 }),
    gated({ ...gates, output: 5 }),
  ];
  expect(made(...stages).layers.flatMap(({ name }) => (/gater/.test(name) ? [name] : []))).toEqual([
    ...["gated-conv-gater1.1", "gated-conv-gater1.2", "residual-gater1.1", "residual-gater1.2"],
    ...["gated-conv-gater2.1", "gated-conv-gater2.2", "gater1.1", "gater1.2", "gater2.1", "gater2.2"],
  ]);
});

describe("two layers of one name", () => {
  test.each<[string, StageSpec[], string]>([
    ["given and by place", [conv({ features: 2, name: "conv2" }), conv({ features: 2 })], "conv2"],
    ["both given", [dense({ units: 3, name: "a" }), dense({ units: 3, name: "a" })], "a"],
    [
      "one within another",
      [conv({ features: 1, name: "b" }), residual({ stages: [conv({ features: 1, name: "b" })] })],
      "b",
    ],
    ["without parameters", [pool({ size: 1, name: "c" }), dropout({ name: "c" })], "c"],
  ])(
    "are refused: %s",
    (_, list, name) => // biome-ignore format: one line each
      expect(() => made(...list)).toThrow(`network: layers must have names of their own, received "${name}" twice`),
  );
});
