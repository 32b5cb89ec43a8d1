// The course notes in notebooks/: `npm run notebooks` opens them in Jupyter. `-- --html` runs them, all or those that are named, and writes
// each as a page of HTML beside its source. `-- --write` makes the .ipynb files anew, after their Markdown was changed.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, kernelEnvironment, requireJupyter, runNotebook } from "./notebooks/run.ts";
import { notebookFrom } from "./notebooks/source.ts";

const names = readdirSync(folder)
  .filter((file) => /^\d-.*\.md$/.test(file))
  .map((file) => file.slice(0, -3))
  .sort();

function write(): void {
  for (const name of names) {
    const notebook = notebookFrom(readFileSync(join(folder, `${name}.md`), "utf8"));
    writeFileSync(join(folder, `${name}.ipynb`), `${JSON.stringify(notebook, undefined, 1)}\n`);
  }
}

async function html(asked: readonly string[]): Promise<void> {
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`a notebook is one of ${names.join(", ")}, received ${unknown}`);
  for (const name of asked.length > 0 ? asked : names) {
    const start = performance.now();
    writeFileSync(join(folder, `${name}.html`), (await runNotebook(name)).html);
    console.log(`notebooks/${name}.html, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
}

function open(args: readonly string[]): void {
  requireJupyter("notebook");
  const options = { cwd: folder, env: kernelEnvironment(), stdio: "inherit" } as const;
  process.exitCode = spawnSync("jupyter", ["notebook", ...args], options).status ?? 1;
}

const [first, ...rest] = process.argv.slice(2);
try {
  if (first === "--write") write();
  else if (first === "--html") await html(rest);
  else open(process.argv.slice(2));
} catch (error) {
  console.error(`notebooks: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
