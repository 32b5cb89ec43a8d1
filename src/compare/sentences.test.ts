import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { madeUp } from "./testing.ts";

const over = (estimator: "disarm" | "arm" | "rebar" | "straight-through", errors: readonly number[]) =>
  errors.map((error, i) => madeUp({ seed: i + 1, error, hidden: [{ units: 5, estimator }] }));
const sentences = async (...runs: readonly ReturnType<typeof over>[]) => (await compare(runs.flat())).sentences();

test("a difference that is found, with all that is told of it", async () => {
  // Differences −2, −3, −2, −3, −2, −3: mean −2.5, deviation √0.3, t = −2.5 √6 / √0.3.
  expect(
    await sentences(over("disarm", [1, 1, 1, 1, 1, 1.25]), over("straight-through", [3, 4, 3, 4, 3, 4.25])),
  ).toEqual([
    "The test error of estimator disarm (1.04 ± 0.10 %) is lower than that of estimator straight-through (3.54 ± 0.60 %) by 2.50 percentage points (95 % interval 1.93 to 3.07, 6 seeds, paired t-test p < 0.001, signs turned p = 0.031, g = −3.8).",
  ]);
});

test("one that isn't, with the seeds that would tell it, and one that few seeds can't tell without a shape", async () => {
  const [close, far] = await sentences(over("disarm", [1, 2, 3]), over("straight-through", [3, 4, 8]), over("rebar", [11.1, 12, 13])); // biome-ignore format: one line
  expect(close).toMatch(
    /^No difference in the test error was found between .* mean difference −3\.00 percentage points \(95 % interval .*, 3 seeds, paired t-test p = 0\.095 after Holm's correction for 3 tests, signs turned p = 0\.250, g = −1\.0\)\. 11 seeds would tell a difference of this size with a chance of 80 %\.$/,
  );
  expect(far).toMatch(/is lower than .* Turned signs of 3 seeds give no p below 0\.25: the t-test's p holds where differences are normal\.$/); // biome-ignore format: one line
});

test("what nothing may be written of", async () => {
  expect(await sentences(over("disarm", [1]), over("rebar", [3]))).toEqual([
    "Nothing may be written of the test error of estimator disarm (1.00 %) and estimator rebar (3.00 %): a conclusion would rest on one seed, and takes at least 3.",
  ]);
  expect((await sentences(over("disarm", [1, 2]), over("rebar", [3, 3])))[0]).toContain("would rest on 2 seeds");
  expect((await sentences(over("disarm", [1, 1, 1]), over("rebar", [1, 1, 1])))[0]).toMatch(/is equal in each of 3 seeds\.$/); // biome-ignore format: one line
  expect((await sentences(over("disarm", [1, 2, 4]), over("rebar", [2, 3, 5])))[0]).toMatch(
    /by −1\.00 percentage points in each of 3 seeds, so that there is no test\.$/,
  );
  const apart = [...over("disarm", [1, 1]), ...over("rebar", [1, 1]).map((run) => ({ ...run, seed: run.seed + 5 }))];
  expect((await compare(apart)).sentences()[0]).toMatch(/they have no seed in common\.$/);
});

test("with a baseline, of each other group and it", async () => {
  const runs = [...over("disarm", [1, 2, 3]), ...over("arm", [3, 4, 8]), ...over("rebar", [9, 9, 8])];
  const found = (await compare(runs, { against: "rebar" })).sentences();
  expect(found.length).toBe(2);
  for (const sentence of found) expect(sentence).toContain("estimator rebar");
});
