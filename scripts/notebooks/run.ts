// Runs notebooks by Jupyter's nbconvert, with the Deno of notebooks/package.json as their kernel.
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { installIn } from "../side-folder.ts";
import { type Formula, markFormulas, setFormulas, type Typesetter } from "./formulas.ts";
import { standAlone } from "./page.ts";
import { ADDED, type Cell, checkedNotebook } from "./source.ts";

export const folder = fileURLToPath(new URL("../../notebooks/", import.meta.url));
const modules = join(folder, "node_modules");

/** An output of a cell: what it printed, or what it showed by media type, each as lines. */
interface Output {
  readonly output_type: string;
  readonly text?: readonly string[];
  readonly data?: { readonly [type: string]: readonly string[] };
}

/** A cell that was run. */
export interface RanCell {
  readonly cell_type: string;
  readonly metadata: { readonly tags?: readonly string[] };
  readonly source: readonly string[];
  readonly outputs?: readonly Output[];
}

/**
 * Deno's kernel reports what a cell prints by many messages. Some come after the one that says that the cell is done, and of those that
 * follow each other at once some are dropped. Here all that was printed is one message, and each message has time to leave.
 */
const PRELUDE = `{
  const { broadcast, display } = Deno.jupyter;
  const leave = () => new Promise((done) => setTimeout(done, 30));
  let lines = "";
  for (const method of ["log", "warn"])
    console[method] = (...values) => {
      lines += values.map((value) => (typeof value === "string" ? value : Deno.inspect(value))).join(" ") + "\\n";
    };
  globalThis.allPrinted = async () => {
    const text = lines;
    lines = "";
    if (text !== "") await broadcast("stream", { name: "stdout", text });
    await leave();
  };
  Deno.jupyter.display = async (...shown) => {
    await globalThis.allPrinted();
    await display(...shown);
    await leave();
  };
}
void 0;`;
const SETTLE = "\n;await globalThis.allPrinted();";

/** Cells that print in time. */
function settling(cells: readonly Cell[]): Cell[] {
  const prelude: Cell = {
    ...{ cell_type: "code", execution_count: null, id: "prelude", metadata: { tags: [ADDED] }, outputs: [] },
    source: [PRELUDE],
  };
  const settled = cells.map((cell) =>
    cell.cell_type === "code" ? { ...cell, source: [...cell.source, SETTLE] } : cell,
  );
  return [prelude, ...settled];
}

/** Throws where Jupyter doesn't have the command: nothing is fetched before. */
export function requireJupyter(command: "notebook" | "nbconvert"): void {
  if (spawnSync("jupyter", [command, "--version"]).status === 0) return;
  throw new Error(
    `"jupyter ${command}" doesn't run: install it by "pip install notebook", on Debian by "apt install jupyter-${command}"`,
  );
}

/** What Jupyter needs to find the kernel: its kernelspec is written into the folder's node_modules, with this machine's path. */
export function kernelEnvironment(): NodeJS.ProcessEnv {
  installIn(folder, () => console.error("installing the kernel: npm ci --prefix notebooks (once, 90 MB)"));
  const kernel = join(modules, ".jupyter", "kernels", "deno");
  mkdirSync(kernel, { recursive: true });
  const deno = join(modules, "deno", process.platform === "win32" ? "deno.exe" : "deno");
  const argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"];
  writeFileSync(join(kernel, "kernel.json"), JSON.stringify({ argv, display_name: "Deno", language: "typescript" }));
  return { ...process.env, JUPYTER_PATH: join(modules, ".jupyter"), NO_COLOR: "1" };
}

const run = promisify(execFile);

/** nbconvert on a notebook that comes as text; gives what it writes. Throws with the cell's error where a cell fails. */
async function convert(notebook: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const options = { cwd: folder, env, maxBuffer: 2 ** 28, encoding: "utf8" } as const;
  const converting = run("jupyter", ["nbconvert", "--stdin", "--stdout", ...args], options);
  converting.child.stdin!.end(notebook);
  try {
    return (await converting).stdout;
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new Error(stderr.slice(Math.max(0, stderr.indexOf("An error occurred"))).trim() || message);
  }
}

/** What turns TeX into MathML. */
const temml = join(modules, "temml", "dist");

async function loadTypesetter(): Promise<Typesetter> {
  const url = pathToFileURL(join(temml, "temml.mjs")).href;
  const { default: given }: { default: { renderToString: Typesetter } } = await import(url);
  return given.renderToString;
}

/** The cells that a student sees as a page of HTML. */
async function pageOf(notebook: { readonly cells: readonly RanCell[] }, title: string, env: NodeJS.ProcessEnv) {
  const formulas: Formula[] = [];
  const cells = notebook.cells
    .filter(({ metadata }) => !metadata.tags?.includes(ADDED))
    .map((cell) =>
      cell.cell_type === "markdown" ? { ...cell, source: [markFormulas(cell.source.join(""), formulas)] } : cell,
    );
  const html = await convert(JSON.stringify({ ...notebook, cells }), env, "--to", "html", "--no-prompt");
  const font = readFileSync(join(temml, "Temml.woff2"));
  return setFormulas(standAlone(html, title, font), formulas, await loadTypesetter());
}

/**
 * Runs the notebook of a page, with the solutions of its exercises behind them, in a fresh kernel. Gives the cells, and the notebook as
 * a page of HTML, in which nothing of the solutions' runs is left. Throws where a cell fails.
 */
export async function runNotebook(name: string): Promise<{ cells: RanCell[]; html: string }> {
  requireJupyter("nbconvert");
  const env = kernelEnvironment();
  const notebook = checkedNotebook(readFileSync(join(folder, `${name}.md`), "utf8"));
  const given = JSON.stringify({ ...notebook, cells: settling(notebook.cells) });
  const execute = ["--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=300"];
  const ran: { cells: RanCell[] } = JSON.parse(await convert(given, env, ...execute));
  const cells = ran.cells.map((cell) => ({ ...cell, source: [cell.source.join("").replace(SETTLE, "")] }));
  return { cells, html: await pageOf({ ...ran, cells }, name, env) };
}
