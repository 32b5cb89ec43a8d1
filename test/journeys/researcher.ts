// A researcher with a table: CSV → two networks with several seeds → a paired comparison → a figure → the numbers in pandas.
// node --import tsx test/journeys/researcher.ts
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blocksOf } from "../support/blocks.ts";
import { installPacked } from "../support/packed.ts";
import { read } from "../support/repository.ts";
import { checkText, journey } from "./journey.ts";

const python = process.env.HEAVISIDE_PYTHON ?? "python3";
function hasPandas(): boolean {
  try {
    execFileSync(python, ["-c", "import pandas"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

await journey("researcher", async ({ folder, step, run }) => {
  await step("npm i heaviside, from the packed package", async () => installPacked(folder));
  const heaviside = (...args: string[]): Promise<string> =>
    run(process.execPath, ["node_modules/heaviside/bin/heaviside.js", ...args]);

  await step("a table of 300 houses", async () => {
    const rows = Array.from({ length: 300 }, (_, i) => [40 + ((i * 37) % 160), 1 + (i % 6)] as const);
    const lines = rows.map(([area, rooms]) => `${area},${rooms},${2 * area + 15 * rooms}`);
    await writeFile(join(folder, "houses.csv"), ["area,rooms,price", ...lines].join("\n"));
  });
  await step("two networks with three seeds each", async () => {
    const table = ["--data", "table", "--file", "houses.csv", "--target", "price", "--hidden", "8", "--epochs", "5"];
    for (const estimator of ["tanh", "straight-through-slope"])
      for (const seed of [1, 2, 3])
        await heaviside(
          ...["train", ...table, "--batch", "20", "--estimator", estimator],
          ...["--seed", String(seed), "--out", `runs/${estimator}-${seed}`],
        );
  });
  await step("compare them, seed by seed: text, CSV, LaTeX and a figure", async () => {
    const said = await heaviside("compare", "runs", "--csv", "all.csv", "--latex", "all.tex", "--svg", "all.svg");
    checkText("compare", said, /±/);
    checkText("all.csv", await readFile(join(folder, "all.csv"), "utf8"), /straight-through-slope/);
    checkText("all.tex", await readFile(join(folder, "all.tex"), "utf8"), /\\begin\{tabular\}/);
    checkText("all.svg", await readFile(join(folder, "all.svg"), "utf8"), /^<svg/);
  });
  if (!hasPandas()) return console.log("researcher: read the numbers in pandas: not here");
  await step("read the numbers in pandas", async () => {
    const pages = blocksOf("read-runs.md", read("docs/how-to/read-runs.md"));
    const { text } = pages.find(({ language }) => language === "python")!;
    // The page's example is of classes; this table's metric is an RMSE, as the page says.
    const said = await run(python, ["-c", text.replace('metric = "error"', 'metric = "rmse"')]);
    checkText("pandas", said, /straight-through-slope-3/);
  });
});
