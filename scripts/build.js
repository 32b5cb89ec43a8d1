// npm run build: src/ becomes dist/, JavaScript with declarations and maps, and the wasm files beside their loader.
// With a folder as argument the package is built there instead.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = resolve(process.argv[2] ?? join(root, "dist"));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(out, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", out], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) {
  // A package that was half built must not look like one.
  rmSync(out, { recursive: true, force: true });
  console.error("build: tsc found errors, nothing was built");
  process.exit(1);
}

const wasm = join(root, "src/backends/wasm");
const binaries = existsSync(wasm) ? readdirSync(wasm).filter((name) => name.endsWith(".wasm")) : [];
mkdirSync(join(out, "backends/wasm"), { recursive: true });
for (const name of binaries) cpSync(join(wasm, name), join(out, "backends/wasm", name));
console.log(`build: ${binaries.length} wasm files and the compiled sources are in ${out}`);
