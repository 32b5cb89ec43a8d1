import { expect, test } from "vitest";
import { compare } from "../compare/index.ts";
import { madeUp } from "../compare/testing.ts";
import { faultsOf, textsOf } from "../plots/testing.ts";
import { comparisonSvg } from "./comparison.ts";

const layer = (estimator: string) => [{ units: 5, estimator: estimator as "disarm" }];
const over = (estimator: string, errors: readonly number[]) =>
  errors.map((error, i) => madeUp({ seed: i + 1, error, hidden: layer(estimator) }));
const three = [...over("disarm", [1, 2, 3]), ...over("straight-through", [3, 4, 8]), ...over("rebar", [11, 13])];

test("a comparison as a picture: each group once, a line where there is an interval, a dot for one seed", async () => {
  const svg = await comparisonSvg(await compare([...three, madeUp({ seed: 1, error: -4, hidden: layer("arm") })]));
  const said = textsOf(svg)
    .map(({ text }) => text)
    .join(" ")
    .replaceAll("- ", "-")
    .replaceAll("\u00a0", " ");
  for (const name of ["disarm, 3 seeds", "straight-through, 3 seeds", "rebar, 2 seeds", "arm, 1 seed"])
    expect(said).toContain(`estimator ${name}`);
  expect(svg.match(/<circle class="hit"/g)).toHaveLength(4);
  expect(faultsOf(svg)).toEqual([]);
  expect(svg.match(/NaN|Infinity/)).toBeNull();
  const clear = await compare([...over("disarm", [1, 2, 3]), ...over("rebar", [11, 12.5, 13])]);
  const finding = "<title>estimator disarm has the lowest test error</title>";
  expect(await comparisonSvg(clear)).toContain(finding);
  // The baseline is on top and says that it is one; the finding is of the best group.
  const against = await compare([...over("disarm", [1, 2, 3]), ...over("rebar", [11, 12.5, 13])], { against: "rebar" });
  const based = await comparisonSvg(against);
  expect(based).toContain(finding);
  const rows = textsOf(based).filter(({ text }) => /rebar|disarm,/.test(text)).map(({ text }) => text); // biome-ignore format: one line
  expect(rows[0]).toContain("rebar");
  expect(textsOf(based).filter(({ text }) => text.includes("baseline"))).toHaveLength(1);
});
