// Builds the engine's wasm variants from engine.c.
//   node kernels/build.js           into src/backends/wasm/, and records the compiler
//   node kernels/build.js --check   into kernels/build/, compared byte by byte with the committed ones;
//                                   exit code 1: they differ, 3: clang-19 is missing, 4: another clang than the recorded one
//   node kernels/build.js --codes   writes codes.h from src/plan/codes.ts
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const CLANG = "clang-19";
const LINKER = "wasm-ld-19";
const here = fileURLToPath(new URL(".", import.meta.url));
const committed = fileURLToPath(new URL("../src/backends/wasm/", import.meta.url));
const compilerFile = `${here}compiler.txt`;

const threaded = ["-matomics", "-Wl,--shared-memory", "-Wl,--max-memory=4294967296"];
const relaxed = ["-mrelaxed-simd"];
const variants = {
  simd: threaded,
  relaxed: [...threaded, ...relaxed],
  "relaxed-wide": [...threaded, ...relaxed, "-DCOLUMN_VECTORS=4"],
  "simd-single": [],
  "relaxed-single": relaxed,
};

const flags = [
  ...["--target=wasm32", "-std=gnu17", "-O3", "-msimd128", "-mbulk-memory", "-ffreestanding", "-nostdlib"],
  "-fno-strict-aliasing",
  ...["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-mmutable-globals", "-Wall", "-Wextra", "-Werror"],
  ...["-Wl,--no-entry", "-Wl,--import-memory", "-Wl,--strip-all", "-Wl,-z,stack-size=262144"],
  ...["-Wl,--export=__heap_base", "-Wl,--export=__stack_pointer"],
];

function fail(code, message) {
  console.error(message);
  process.exit(code);
}

function run(command, args) {
  return spawnSync(command, args, { cwd: here, encoding: "utf8" });
}

/** First line of the compiler's and the linker's own account of themselves, without paths. */
function compilerVersion() {
  const found = [CLANG, LINKER].map((tool) => ({ tool, ...run(tool, ["--version"]) }));
  const missing = found.filter((tool) => tool.error || tool.status !== 0).map(({ tool }) => tool);
  if (missing.length) fail(3, `${missing.join(" and ")} not found: the committed wasm cannot be rebuilt here`);
  return `${found.map(({ stdout }) => stdout.split("\n")[0].trim()).join("\n")}\n`;
}

function build(folder) {
  mkdirSync(folder, { recursive: true });
  const linker = run("which", [LINKER]).stdout.trim();
  for (const [name, extra] of Object.entries(variants)) {
    const args = [...flags, ...extra, `-fuse-ld=${linker}`, "-o", `${folder}${name}.wasm`, "engine.c"];
    const { status, stderr } = run(CLANG, args);
    if (status !== 0) fail(1, `${name}.wasm does not build:\n${stderr}`);
    chmodSync(`${folder}${name}.wasm`, 0o644);
  }
}

function check() {
  const version = compilerVersion();
  const recorded = readFileSync(compilerFile, "utf8");
  const folder = `${here}build/`;
  build(folder);
  const different = Object.keys(variants).filter(
    (name) => !readFileSync(`${folder}${name}.wasm`).equals(readFileSync(`${committed}${name}.wasm`)),
  );
  if (version !== recorded)
    fail(
      4,
      `built into kernels/build/, but not compared: the compiler here is\n${version}and the recorded one\n${recorded}`,
    );
  if (different.length) fail(1, `not what the sources build to: ${different.map((name) => `${name}.wasm`).join(", ")}`);
  console.log(`${Object.keys(variants).length} committed wasm files are what the sources build to`);
}

async function codes() {
  const { tsImport } = await import("tsx/esm/api");
  const tables = await tsImport("../src/plan/codes.ts", import.meta.url);
  const prefixes = {
    limits: "",
    instructions: "INSTRUCTION_",
    reductions: "REDUCTION_",
    pairKinds: "PAIRS_",
    poolKinds: "POOL_",
    inputKinds: "INPUT_",
    tapeOps: "OP_",
  };
  const lines = ["/* Generated from src/plan/codes.ts by `node kernels/build.js --codes`. */", "#pragma once"];
  for (const [table, prefix] of Object.entries(prefixes)) {
    lines.push("");
    for (const [name, value] of Object.entries(tables[table])) lines.push(`#define ${prefix}${name} ${value}`);
  }
  writeFileSync(`${here}codes.h`, `${lines.join("\n")}\n`);
}

const [mode] = process.argv.slice(2);
if (mode === "--check") check();
else if (mode === "--codes") await codes();
else if (mode === undefined) {
  const version = compilerVersion();
  build(committed);
  writeFileSync(compilerFile, version);
} else fail(2, `kernels/build.js: unknown option ${mode}`);
