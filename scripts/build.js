// npm run build: src/ becomes dist/: a few JavaScript files with maps, declarations, and the wasm files in the folders
// they have in src/. With a folder as argument the package is built there instead; with --bundle-only, without declarations.
//
// The modules are bundled because each costs a third of a millisecond to load: 180 of them took longer than the start of
// a backend and the first training step together. What is imported lazily stays in files of its own.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "src");
const [folder = join(root, "dist"), option] = process.argv.slice(2);
const out = resolve(folder);
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/**
 * A module's code moves to dist/'s root, the files beside it don't: what it says about its own place is rewritten. A file's
 * URL keeps the form by which other bundlers know it.
 */
const places = {
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const from = (file) => `new URL("./${relative(sources, file).replaceAll("\\", "/")}", import.meta.url)`;
      const code = await readFile(path, "utf8");
      const contents = code.replace(/new URL\("(\.[^"]*)", import\.meta\.url\)|import\.meta\.url/g, (_, beside) =>
        beside ? from(join(dirname(path), beside)) : `${from(path)}.href`,
      );
      return { contents, loader: "ts" };
    });
  },
};

/**
 * heaviside/testing as an entry that also loads all of heaviside: what the two share then lies together. As an entry of its own
 * it would cut the library into twice as many files, each half a millisecond of whoever imports it.
 */
const testing = {
  name: "testing",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^testing$/ }, () => ({ path: "testing", namespace: "entry" }));
    onLoad({ filter: /.*/, namespace: "entry" }, () => ({
      contents: 'import "./index.ts";\nexport * from "./laws/index.ts";\n',
      resolveDir: sources,
      loader: "ts",
    }));
  },
};

const bundle = () =>
  build({
    entryPoints: {
      index: join(sources, "index.ts"),
      cli: join(sources, "cli/main.ts"),
      testing: "testing",
    },
    outdir: out,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    packages: "external",
    sourcemap: true,
    sourcesContent: false,
    logLevel: "warning",
    plugins: [places, testing],
  });

function declare() {
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", out], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("tsc found errors");
}

rmSync(out, { recursive: true, force: true });
try {
  if (option !== "--bundle-only") declare();
  await bundle();
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
console.log(`build: ${binaries.length} wasm files and the compiled sources are in ${out}`);
