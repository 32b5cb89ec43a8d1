// Builds the native add-on from kernels/ and native/ with whatever C compiler is there.
//   node native/build.js             into native/build/; exit code 3: no compiler, 1: it doesn't build
//   node native/build.js --out DIR   into that folder
//   node native/build.js --install   the same for `npm ci`: one line and exit code 0 whatever happens
//   node native/build.js --sanitize DIR   into that folder, with AddressSanitizer and UndefinedBehaviorSanitizer
//   node native/build.js --races DIR      into that folder, with ThreadSanitizer
//   node native/build.js --check     whether the add-on in native/build/ was built from these sources; exit code 1: it was not
// CC names the compiler; otherwise the first that is found of clang, gcc and cc.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const kernels = fileURLToPath(new URL("../kernels/", import.meta.url));
const [mode, folder] = process.argv.slice(2);
const elsewhere = ["--out", "--sanitize", "--races"].includes(mode);
const output = elsewhere && folder ? `${resolve(folder)}/` : `${here}build/`;
const addon = `${output}heaviside.node`;
const record = `${output}heaviside.json`;

const compilers = process.env.CC ? [process.env.CC] : ["clang-19", "clang", "gcc", "cc"];

const common = [
  ...["-std=gnu17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing"],
  ...["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra"],
];

/** Any finding ends the process: a test run can't pass over it. */
const sanitizers =
  {
    "--sanitize": [
      "-O1",
      "-g1",
      "-fno-omit-frame-pointer",
      "-fsanitize=address,undefined",
      "-fno-sanitize-recover=all",
    ],
    "--races": ["-O1", "-g1", "-fno-omit-frame-pointer", "-fsanitize=thread"],
  }[mode] ?? [];

/** The instruction sets that engine.c is compiled for, by the names that src/backends/native/ shows. */
const instructionSets = {
  x64: {
    baseline: [],
    avx2: ["-mavx2", "-mfma"],
    avx512: ["-march=skylake-avx512", "-mprefer-vector-width=512"],
  },
  arm64: { baseline: [] },
}[process.arch] ?? { baseline: [] };

class BuildError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** What the add-on is made from, as one number: another means that it has to be built again. */
function fingerprint() {
  const hash = createHash("sha256").update(process.arch);
  for (const folder of [kernels, here])
    for (const name of readdirSync(folder).sort())
      if (/\.[ch]$|^build\.js$/.test(name)) hash.update(name).update(readFileSync(`${folder}${name}`));
  return hash.digest("hex");
}

/** The compilers that are here, in the order in which they are tried. */
function findCompilers() {
  if (process.platform === "win32")
    throw new BuildError(
      3,
      "the native add-on needs POSIX threads, which Windows has not; the wasm backend runs there",
    );
  const found = compilers.flatMap((command) => {
    const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
    return status === 0 ? [{ command, version: stdout.split("\n")[0].trim() }] : [];
  });
  if (found.length === 0) throw new BuildError(3, `no C compiler found (looked for ${compilers.join(", ")})`);
  return found;
}

function run(command, args) {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        said += text;
      });
    }
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? done() : reject(new BuildError(1, `${command} ended with exit code ${status}:\n${said.trim()}`)),
    );
  });
}

/** Builds with the first compiler that can. */
async function build() {
  let refusal;
  for (const compiler of findCompilers()) {
    try {
      return await buildWith(compiler);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

async function buildWith({ command, version }) {
  const { include_dir: headers } = createRequire(import.meta.url)("node-api-headers");
  const objects = `${output}objects-${process.pid}/`;
  mkdirSync(objects, { recursive: true });
  try {
    const names = Object.keys(instructionSets);
    const engines = names.map((name) => ({
      source: `${kernels}engine.c`,
      object: `${objects}${name}.o`,
      flags: [...instructionSets[name], `-DKERNELS=kernels_${name}`, `-DKERNELS_NAME="${name}"`],
    }));
    const have = names.map((name) => `-DHAVE_${name.toUpperCase()}`);
    const rest = ["addon", "instruction-sets", "wait"].map((name) => ({
      source: `${here}${name}.c`,
      object: `${objects}${name}.o`,
      flags: [...have, `-I${headers}`],
    }));
    const all = [...engines, ...rest];
    await Promise.all(
      all.map(({ source, object, flags }) =>
        run(command, [...common, ...flags, ...sanitizers, "-c", source, "-o", object]),
      ),
    );
    const link =
      process.platform === "darwin" ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared", "-pthread", "-lm"];
    link.push(...sanitizers);
    // Under another name first: a process that has the old one loaded keeps it.
    await run(command, [...link, ...all.map(({ object }) => object), "-o", `${objects}heaviside.node`]);
    renameSync(`${objects}heaviside.node`, addon);
    writeFileSync(record, `${JSON.stringify({ fingerprint: fingerprint(), compiler: version })}\n`);
    return `${names.join(", ")}; ${version}`;
  } finally {
    rmSync(objects, { recursive: true, force: true });
  }
}

function isCurrent() {
  try {
    return JSON.parse(readFileSync(record, "utf8")).fingerprint === fingerprint();
  } catch {
    return false;
  }
}

try {
  if (mode === "--check") {
    if (!isCurrent())
      throw new BuildError(1, "native/build/ is not what the sources build to: run node native/build.js");
    console.log("native/build/heaviside.node is what the sources build to");
  } else if (mode === undefined || mode === "--install" || (elsewhere && folder))
    console.log(`native add-on built for ${await build()}`);
  else throw new BuildError(2, `native/build.js: unknown option ${mode}`);
} catch (error) {
  if (mode === "--install") {
    const reason = String(error.message).split("\n").slice(0, 2).join(" ");
    console.log(`native add-on not built: ${reason}; the wasm backend is used instead`);
  } else {
    console.error(error.message);
    process.exitCode = error instanceof BuildError ? error.code : 1;
  }
}
