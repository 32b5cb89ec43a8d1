import { describe, expect, it } from "vitest";
import { isExtension, numbersOf, sweepOf, trialOf, trialsIn } from "./plan.ts";

const base = { data: "mnist", hidden: 20, epochs: 6 };
const space = { estimator: ["disarm", "arm"], rate: [0.1, 0.3] };
const objective = () => 0;

describe("sweepOf", () => {
  it("takes a grid of lists, and points of a Sobol' sequence where there is a range", () => {
    const grid = sweepOf({ base, space, seeds: 2 }, "dir/rates.mjs");
    expect(grid).toMatchObject({
      name: "rates",
      search: "grid",
      points: 4,
      seeds: [1, 2],
      work: { base: { hidden: "20" } },
    });
    expect(trialsIn(grid)).toBe(8);
    expect([0, 3, 4].map((i) => trialOf(grid, i).name)).toEqual([
      "estimator disarm, rate 0.1, seed 1",
      "estimator arm, rate 0.3, seed 1",
      "estimator disarm, rate 0.1, seed 2",
    ]);
    const range = { rate: { from: 0.01, to: 1, log: true } };
    expect(sweepOf({ base, space: range, points: 5 }, "r.mjs")).toMatchObject({ search: "sobol", points: 5 });
    expect(sweepOf({ base, space, halving: { eta: 2 } }, "r.mjs").halving).toEqual({ eta: 2, rungs: [1, 2, 4, 6] });
  });

  it("gives a trial the same id for what it does, and another one for anything else", () => {
    const id = (file: object, number = 1) => trialOf(sweepOf(file, "r.mjs"), number).id;
    const ids = [
      id({ base, space }),
      id({ base: { ...base, hidden: 21 }, space }),
      id({ base, space }, 2),
      id({ base, space, seeds: [5] }),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(id({ base, space, question: "Another one?" })).toBe(ids[0]);
    expect(ids[0]).toMatch(/^1-[0-9a-f]{8}$/);
  });

  it.each([
    [{}, "s.mjs: space must be an object of options and their values, received undefined"],
    [{ space, spce: 1 }, "s.mjs: there is no option spce; did you mean space? The options are question, base"],
    [{ base, space, point: 3 }, "s.mjs: there is no option point; did you mean points? The options"],
    [[], "s.mjs: must be an object of question"],
    [{ base: { ...base, rate: 1 }, space }, "s.mjs: space.rate: rate is in base, too: omit it in one of them"],
    [{ base, space: { ...space, rate: [-1] } }, /^s\.mjs: space\.rate: must be [^:]* received -1$/],
    [{ base: { ...base, batch: -1 }, space }, /^s\.mjs: base\.batch: must be [^:]* received -1$/],
    [{ base: { ...base, units: 5 }, space }, /^s\.mjs: base\.units: needs --model recurrent/],
    [{ base, space: { nosuch: [1] } }, "s.mjs: space: train has no option --nosuch"],
    [{ base, space: { seed: [1, 2] } }, "s.mjs: space.seed: is an option of the command or of the seeds"],
    [{ base, space: { rate: [0.1, -1] } }, "rate"],
    [{ base, space: { estimator: ["disarm", "disram"] } }, 'did you mean "disarm"?'],
    [{ base, space: { hidden: { from: 0, to: 10, whole: true } }, points: 3 }, "hidden"],
    [
      { base, space: { rate: { from: 0.1, to: 1 } } },
      "s.mjs: points must say how many a search by sobol tries, such as points: 40",
    ],
    [
      { base, space: { rate: { from: 0.1, to: 1 } }, search: "grid" },
      "s.mjs: a grid needs lists of values, and space has a range",
    ],
    [{ base, space, points: 3 }, "s.mjs: points are those of the grid, 4"],
    [{ base, space, search: "sobl" }, "s.mjs: search must be one of grid, random, sobol (did you mean sobol?)"],
    [{ base, space, search: "random", points: 0 }, "s.mjs: points must be a whole number"],
    [{ base, space, halving: {}, seeds: 2 }, "s.mjs: halving compares points by one seed each, received 2 seeds"],
    [{ base: { steps: 100 }, space, halving: {} }, "s.mjs: halving counts epochs"],
    [
      { base, space, halving: { least: 6 } },
      "s.mjs: halving.least must be below the epochs of a training, 6, received 6",
    ],
    [{ space, objective: 3 }, "s.mjs: objective must be a function of a point and a seed, received 3"],
    [{ space, objective, metric: "nll" }, "s.mjs: metric is of trainings, and objective is no training: omit one"],
    [{ space, objective, base }, "s.mjs: base is of trainings"],
    [{ space, objective, seeds: 1_000_000 }, "seeds"],
    [{ base, space, question: "" }, 's.mjs: question must be a text, received ""'],
  ])("refuses %j", (file, message) => {
    expect(() => sweepOf(file, "s.mjs")).toThrow(message);
  });
});

describe("isExtension", () => {
  const range = { rate: { from: 0.01, to: 1, log: true } };
  const ranged = { base, space: range, points: 4 };
  it.each<[isExtended: boolean, before: object, now: object]>([
    [true, ranged, { ...ranged, points: 9 }],
    [true, { ...ranged, search: "random" }, { ...ranged, search: "random", points: 9 }],
    [true, { ...ranged, halving: {} }, { ...ranged, halving: {}, points: 9 }],
    [true, ranged, { ...ranged, points: 9, seeds: 3 }],
    [true, { ...ranged, seeds: 2 }, { ...ranged, seeds: 4 }],
    [true, { base, space, seeds: [7, 3] }, { base, space, seeds: [7, 3, 1] }],
    [true, { space: range, points: 3, objective }, { space: range, points: 5, objective }],
    [false, { ...ranged, seeds: 2 }, { ...ranged, seeds: 2, points: 9 }],
    [false, { ...ranged, seeds: 2 }, { ...ranged, seeds: 1 }],
    [false, ranged, { ...ranged, points: 3 }],
    [false, { base, space, seeds: [7, 3] }, { base, space, seeds: [3, 7, 1] }],
    [false, { base, space }, { base, space: { ...space, rate: [0.1, 0.3, 0.5] } }],
    [false, ranged, { ...ranged, points: 9, seed: 2 }],
    [false, ranged, { ...ranged, points: 9, metric: "nll" }],
    [false, ranged, { ...ranged, points: 9, base: { ...base, hidden: 21 } }],
    [false, { ...ranged, halving: {} }, { ...ranged, points: 9 }],
  ])("is %j for %j, then %j", (isExtended, before, now) => {
    const [old, own] = [sweepOf(before, "a/r.mjs"), sweepOf(now, "b/r.mjs")];
    expect(isExtension(JSON.parse(JSON.stringify(old)), own)).toBe(isExtended);
    // And no trial becomes another one.
    if (isExtended) for (const number of numbersOf(old)) expect(trialOf(own, number).id).toBe(trialOf(old, number).id);
  });

  it("is false where a file that the function needs was changed", () => {
    const plan = sweepOf({ space: range, points: 3, objective }, "r.mjs");
    const of = (sum: string) => ({ ...plan, work: { ...plan.work, files: { "r.mjs": sum } } });
    expect(isExtension(of("a"), of("a"))).toBe(true);
    expect(isExtension(of("a"), of("b"))).toBe(false);
    expect(isExtension(plan, of("b"))).toBe(false);
  });
});

describe("a list of values", () => {
  it("of a hundred thousand is read", () => {
    const x = Array.from({ length: 100_000 }, (_, i) => `value ${i}`);
    const plan = sweepOf({ space: { x }, objective }, "r.mjs");
    expect(trialOf(plan, 99_999)).toMatchObject({ values: { x: "value 99999" } });
    expect(() => sweepOf({ space: { x: [...x, "value 7"] }, objective }, "r.mjs")).toThrow("value 7 comes twice");
  });
});
