/** The folder of a measurement: what is taken up, and what is refused. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { folderForEachTest, refusal } from "../../test/support/temporary.ts";
import { type MeasuredRow, measureProblem, toyProblem } from "../measure/index.ts";
import { sealed } from "../runs/sealed.ts";
import { measurementFolder } from "./measured.ts";

let home: string;
let rows: readonly MeasuredRow[];
folderForEachTest((folder) => {
  home = folder;
});
beforeAll(async () => {
  ({ rows } = await measureProblem(toyProblem({ target: 0.45 }), { estimators: ["disarm", "nvil"], replicates: 40, warmup: 0 })); // biome-ignore format: one line
});

// A data set may be called so: JSON has no other word for the number.
const settings = { seed: 1, dir: "NaN" };
const refused = async (): Promise<string> =>
  (await refusal(measurementFolder(home, settings))).replaceAll(home, "HOME");
const results = () => join(home, "results.json");

test("the rows of a step are taken up as they were kept, by the same settings alone", async () => {
  const kept = await measurementFolder(home, settings);
  expect(kept.rows(0)).toEqual([]);
  await kept.keep(0, rows.slice(0, 1));
  await kept.keep(10, rows);
  await kept.close();
  const again = await measurementFolder(home, settings);
  expect([again.rows(0), again.rows(10), again.rows(5)]).toEqual([rows.slice(0, 1), rows, []]);
  await again.close();
  expect(await refusal(measurementFolder(home, { ...settings, seed: 2 }))).toBe(
    `measure: ${home} holds a measurement with other settings: choose another folder`,
  );
});

test.each<[string, (point: { at: number; rows: object[] }) => unknown, string]>([
  ["no points", () => undefined, "points must be a list, received undefined"],
  ["a point that is none", () => [null], "points[0].at must be a whole number of steps, received undefined"],
  [
    "a step before the first",
    (point) => [{ ...point, at: -1 }],
    "points[0].at must be a whole number of steps, received -1",
  ],
  ["no rows", (point) => [point, { at: 1 }], "points[1].rows must be a list, received undefined"],
  [
    "a row without its figures",
    ({ rows }) => [{ at: 0, rows: [rows[0], { estimator: "disarm" }] }],
    "points[0].rows[1] must be what was measured of an estimator",
  ],
  [
    "a figure that is a text",
    ({ rows }) => [{ at: 0, rows: [{ ...rows[0], cost: { value: "1", low: 0, high: 1 } }] }],
    "points[0].rows[0] must be what was measured",
  ],
  [
    "moments of no groups",
    ({ rows }) => [
      { at: 0, rows: [{ ...rows[0], jackknife: { ...(rows[0] as MeasuredRow).jackknife, without: [] } }] },
    ],
    "points[0].rows[0] must be what was measured",
  ],
])("a file with its right checksum and %s is refused", async (_, change, message) => {
  // biome-ignore format: a row each
  await writeFile(results(), sealed({ settings, points: change({ at: 0, rows: [...rows] }) }));
  const said = await refused();
  expect(said).toContain(`HOME/results.json: ${message}`);
  expect(said).toMatch(/: move it away, and it is measured again$/);
});

test("a folder with a link in it is refused, before anything is read or written", async () => {
  const other = join(home, "mine.txt");
  await writeFile(other, "mine");
  const given = join(home, "given");
  await mkdir(given);
  for (const name of ["measure.html", "results.json"]) {
    const link = join(given, name);
    await symlink(name === "measure.html" ? other : join(home, "nowhere"), link);
    expect(await refusal(measurementFolder(given, settings))).toContain("given may hold no links");
    expect(await readFile(other, "utf8")).toBe("mine");
  }
});
