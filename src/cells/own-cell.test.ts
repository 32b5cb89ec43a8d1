import { describe, expect, test } from "vitest";
import { type Estimator, type EstimatorConfig, estimatorFor } from "../estimators/index.ts";
import { add, concat, evaluate, matmul, mul, sub, type Tensor, tanh } from "../graph/index.ts";
import { key } from "../random/index.ts";
import type { Named } from "./cell.ts";
import { type AnyCell, type Cell, type CellSpec, cellFrom, defineCell, type OwnCell } from "./index.ts";
import { runCell } from "./run.ts";
import { someInputs, someParameters } from "./testing/unroll.ts";

const [I, H] = [3, 2];
const sizes = { inputs: I, units: H };

/** The library's `minimal` by hand. */
const mine = defineCell("mine", ({ gate = "sigmoid" }: { gate?: EstimatorConfig | Estimator }, { inputs, units }) => ({
  state: { h: units },
  parameters: { code: [inputs, units], seen: [units, units], own: [units, units], bias: [units], shift: [units] },
  decisions: { gate },
  project: ({ code, shift }, x) => ({ z: tanh(add(matmul(x, code!), shift!)) }),
  step({ seen, own, bias }, { h }, { z }, decide) {
    const u = decide("gate", add(add(matmul(z!, seen!), matmul(h!, own!)), bias!));
    const next = add(mul(u, h!), mul(sub(1, u), z!));
    return { state: { h: next }, output: next };
  },
}));
/** What leaves x as it is, with a start and a decision for the whole layer. */
const plain = defineCell("plain", (_: object, { inputs, units }) => ({
  state: { h: units, sum: 1 },
  parameters: { weight: [inputs, units], first: [units] },
  decisions: { fire: { estimator: "straight-through", units: 1 } },
  start: ({ first }, batch) => ({
    h: concat(
      Array.from({ length: batch }, () => first!.reshape([1, units])),
      0,
    ),
  }),
  step({ weight }, { h, sum }, { x }, decide) {
    const next = add(h!, matmul(x!, weight!));
    return { state: { h: next, sum: add(sum!, decide("fire", sum!)) }, output: next };
  },
}));
const values = (x: Tensor): number[] => [...evaluate([x])[0]!.data];

describe("a cell by defineCell", () => {
  test("computes what the library's cell of the same equations computes", () => {
    const [own, known] = [cellFrom(mine({}), sizes), cellFrom("minimal", sizes)];
    const params = someParameters(known, 3);
    const named: Named<Tensor> = {
      code: params["candidate.input"]!,
      shift: params["candidate.bias"]!,
      seen: params["update.code"]!,
      own: params["update.recurrent"]!,
      bias: params["update.bias"]!,
    };
    const x = someInputs(4, [2, I]);
    const batch = concat(x.map((step) => step.reshape([2, 1, I])), 1); // biome-ignore format: one line
    const outputs = values(runCell(own, named, batch).outputs);
    expect(outputs).toEqual(values(runCell(known, params, batch).outputs));
    expect(new Set(outputs).size).toBe(2 * 4 * H);
  });

  test("says its parameters, its work, its decisions and what it was made from", () => {
    const cell = cellFrom(mine({ gate: { name: "straight-through-slope" } }), sizes);
    expect(cell).toMatchObject({
      config: { name: "mine", gate: { name: "straight-through-slope" } },
      multiplyAdds: I * H + 2 * H * H,
      decisions: [{ name: "gate", units: H }],
    });
    expect(cell.parameters.map(({ name, shape }) => [name, ...shape])).toContainEqual(["code", I, H]);
    const first = cell.init(key(1));
    expect([...first.bias!.data]).toEqual([0, 0]);
    expect(first.seen!.data.every((w) => w !== 0 && Math.abs(w) <= Math.sqrt(6 / 4))).toBe(true);
    expect(cellFrom(mine({ gate: estimatorFor("disarm") }), sizes).config).toEqual({
      name: "mine",
      gate: { name: "disarm" },
    });
  });

  test("may begin elsewhere than at 0, read x as it is, and decide for all units at once", () => {
    const cell = cellFrom(plain({}), sizes);
    expect(cell.decisions).toMatchObject([{ name: "fire", units: 1 }]);
    const params = someParameters(cell, 1);
    const { outputs } = runCell(cell, params, someInputs(1, [2, I])[0]!.reshape([2, 1, I]).mul(0));
    expect(values(outputs)).toEqual([...values(params.first!), ...values(params.first!)]);
  });

  test("is made of its name where it is passed in", () => {
    const given = { name: "mine", gate: "disarm" } as unknown as AnyCell;
    expect(cellFrom(given, sizes, "cell", { cells: { mine } }).config).toEqual({ name: "mine", gate: "disarm" });
    expect(() => cellFrom(given, sizes, "a.cell")).toThrow(
      /^a\.cell: name must be one of lstm, .*received "mine"; one of your own .* \{ cells: \{ mine: … \} \}$/,
    );
  });
});

const make = (more: Partial<OwnCell>): CellSpec =>
  defineCell("bad", (_: object, { inputs, units }) => ({
    state: { h: units },
    parameters: { w: [inputs, units] },
    step: ({ w }: Named<Tensor>, _h: Named<Tensor>, { x }: Named<Tensor>) => {
      const h = matmul(x!, w!);
      return { state: { h }, output: h };
    },
    ...(more as object),
  }))({});
const zero = ({ h }: Named<Tensor>): Tensor => mul(h!, 0);

test.each<[string, unknown, string]>([
  [
    "no state",
    make({ state: {} }),
    "a.cell: bad: state must name at least one vector, such as { h: units }, received {}",
  ],
  ["a width of 0", make({ state: { h: 0 } }), "a.cell: bad: state.h must be a whole number at least 1, received 0"],
  ["a shape with a hole", make({ parameters: { w: [3, 1.5] } }), "a.cell: bad: parameters.w: each length must be a whole number at least 1, received 1.5"], // biome-ignore format: one line
  ["a state of another width", make({ state: { h: 5 } }), "a.cell: bad: step: state.h must be [B, 5], received [B, 2]"],
  ["a state that is missing", make({ step: (_, s) => ({ state: {}, output: zero(s) }) }), "a.cell: bad: step: state.h must be [B, 2], received none"], // biome-ignore format: one line
  ["a state too many", make({ step: (_, s) => ({ state: { ...s, c: zero(s) }, output: zero(s) }) }), "a.cell: bad: step gives c; its state has h"], // biome-ignore format: one line
  ["an output of another width", make({ step: (_, s, { x }) => ({ state: s, output: x! }) }), "a.cell: bad: step: output must be [B, 2], received [B, 3]"], // biome-ignore format: one line
  ["a projection without rows", make({ project: ({ w }) => ({ x: w! }), step: (_, s) => ({ state: s, output: zero(s) }) , parameters: { w: [2, 2] } }), "a.cell: bad: project: x must be [B, …], received [2, 2]"], // biome-ignore format: one line
  ["a start of another width", make({ start: ({ w }) => ({ h: w! }) , parameters: { w: [3, 4] }, step: (_, s) => ({ state: s, output: zero(s) }) }), "a.cell: bad: start: h must be [B, 2], received [B, 4]"], // biome-ignore format: one line
  [
    "a start of what there isn't",
    make({ start: ({ w }) => ({ c: w! }) }),
    "a.cell: bad: start gives c; its state has h",
  ],
  ["a decision that is not taken", make({ decisions: { gate: "disarm" } }), "a.cell: bad: a step must decide gate once, it does so 0 times"], // biome-ignore format: one line
  ["a decision that there isn't", make({ step: (_, s, _x, decide) => ({ state: s, output: decide("gate", s.h!) }) }), 'a.cell: bad: its decisions are none, received "gate"'], // biome-ignore format: one line
  ["a decision of another width", make({ decisions: { gate: { estimator: "disarm", units: 1 } }, step: (_, s, _x, decide) => ({ state: s, output: decide("gate", s.h!) }) }), 'a.cell: bad: decide("gate") takes [B, 1], received [3, 2]'], // biome-ignore format: one line
  [
    "an estimator that there isn't",
    make({ decisions: { gate: "disarn" as "disarm" } }),
    'a.cell: bad: decisions.gate: there is no estimator "disarn", did you mean "disarm"?',
  ],
  ["spikes that nothing decides", make({ spikes: "s" }), 'a.cell: bad: its decisions are none, received "s"'],
  ["options that no file can keep", defineCell("bad", (_: { f: () => void }, { units }) => ({ state: { h: units }, step: (_p, s) => ({ state: s, output: s.h! }) }))({ f() {} }), "a.cell: bad.f: must be JSON, so that a checkpoint can keep it"], // biome-ignore format: one line
  [
    "a name of the library's",
    defineCell("mgu", mine as never)({}),
    "a.cell: mgu is a cell of the library: give your own another name",
  ],
  ["the maker alone", mine, "a.cell: received a function: call it with its options, as in cell: mine({ … })"],
  [
    "a cell by hand",
    cellFrom("gru", sizes) as Cell,
    'a.cell: received an object with a step: make the cell with defineCell("mine", …)',
  ],
  ["no cell", null, "a.cell: name must be one of lstm, gru"],
])("%s is refused when the network is made", (_, given, message) => {
  expect(() => cellFrom(given as AnyCell, sizes, "a.cell")).toThrow(message);
});

test("first parameters of another shape are refused", () =>
  expect(() => cellFrom(make({ init: () => ({}) }), sizes, "a.cell").init(key(1))).toThrow(
    "a.cell: bad: init must give w [3, 2], received none",
  ));
