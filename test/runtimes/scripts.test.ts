/** A trained network as one file, in every runtime that it is said to run in: it predicts what the library does, and closes the same gates. */
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { datasetFromArrays, gatedMlp, predictor, save, toScript, train } from "../../src/index.ts";
import { chromium } from "../e2e/browser-server.ts";
import { root } from "../support/repository.ts";
import { folderForAllTests } from "../support/temporary.ts";

const run = promisify(execFile);
let folder: string;
folderForAllTests((path) => {
  folder = path;
});
const examples = Array.from({ length: 5 }, (_, i) => Array.from({ length: 6 }, (_, k) => Math.sin(3 * i + k)));
interface Predicted {
  readonly name: string;
  readonly probabilities: readonly number[];
  readonly gates: readonly { readonly open: readonly number[] }[];
}
let wanted: Predicted[];
/** What a program says of the examples, as a script that follows the network's own file. */
const says = `JSON.stringify(${JSON.stringify(examples)}.map((x) => {
  const { name, probabilities, gates } = predict(x);
  return { name, probabilities: Array.from(probabilities), gates };
}))`;

beforeAll(async () => {
  const x = Array.from({ length: 120 }, (_, i) => Array.from({ length: 6 }, (_, k) => Math.sin(7 * i + k)));
  const data = datasetFromArrays({ x, label: x.map(([a, b]) => (a! > b! ? "first" : "second")) });
  const gated = [{ blocks: 8, width: 3, activation: "rectifier", gate: { name: "top-k", k: 2 } } as const];
  const model = gatedMlp({ input: 6, gated, classes: 2 });
  const trained = await train(model, data, { epochs: 2, batch: 12, backend: "reference" });
  const predict = await predictor(save(trained), { backend: "reference" });
  wanted = predict.batch(examples).map(({ name, probabilities, gates }) => ({
    ...{ name: name!, probabilities: [...probabilities] },
    gates: gates!.map(({ open }) => ({ open: [...open] })),
  }));
  // The same code stands in a page, where nothing is imported.
  writeFileSync(join(folder, "network.ts"), toScript(trained));
  const script = toScript(trained, { language: "javascript" });
  writeFileSync(join(folder, "network.js"), script);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const language of ["ts", "js"])
    writeFileSync(
      join(folder, `say.${language}`),
      `import { predict } from "./network.${language}";\nconsole.log(${says});\n`,
    );
  writeFileSync(join(folder, "page.html"), `<meta charset="utf-8"><pre></pre><script type="module">\n${script}\ndocument.querySelector("pre").textContent = ${says};\n</script>`); // biome-ignore format: one line
});

function check(text: string): void {
  const found: Predicted[] = JSON.parse(text);
  expect(found.map(({ name, gates }) => ({ name, gates: gates.map(({ open }) => open) }))).toEqual(
    wanted.map(({ name, gates }) => ({ name, gates: gates.map(({ open }) => open) })),
  );
  const differences = wanted.flatMap(({ probabilities }, i) =>
    probabilities.map((p, k) => Math.abs(p - found[i]!.probabilities[k]!)),
  );
  expect(differences).toHaveLength(2 * examples.length);
  expect(Math.max(...differences)).toBeLessThan(1e-6);
}

const programs: Readonly<Record<string, { readonly command: string; readonly args: readonly string[] }>> = {
  "Node, as JavaScript": { command: process.execPath, args: ["say.js"] },
  "Node 24, as TypeScript": { command: `${root}test/node24/node_modules/node/bin/node`, args: ["say.ts"] },
  "Deno, as TypeScript, its types checked": { command: `${root}test/deno/node_modules/.bin/deno`, args: ["run", "--quiet", "--check", "say.ts"] }, // biome-ignore format: one line
  "Bun, as TypeScript": { command: `${root}test/bun/node_modules/.bin/bun`, args: ["run", "say.ts"] },
};
for (const [name, { command, args }] of Object.entries(programs))
  test.skipIf(!existsSync(command))(`in ${name}`, async () => {
    check((await run(command, args, { cwd: folder })).stdout);
  });

test.skipIf(!chromium)("in a page [needs chromium]", async () => {
  const quiet = ["--disable-quic", "--disable-background-networking", `--user-data-dir=${join(folder, "profile")}`];
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", ...quiet, "--dump-dom"];
  const { stdout } = await run(chromium!, [...flags, `file://${join(folder, "page.html")}`]);
  check(/<pre>(.*?)<\/pre>/s.exec(stdout)![1]!.replaceAll("&quot;", '"'));
});
