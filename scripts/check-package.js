// The package as it would be published, unpacked outside of the checkout: what is in it, whether Node alone can import it
// and run its command, whether its bundled modules know where they are, and whether a strict TypeScript project compiles with
// it and runs. Needs a build.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkOutsideProject } from "./outside-project.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { dependencies = {}, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "heaviside-package-"));
const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: "utf8" });

function unpack() {
  // Without scripts: prepack would build once more.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename, files }] = JSON.parse(run("npm", args, root));
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  run("tar", ["-xzf", join(folder, filename), "-C", modules]);
  run("mv", [join(modules, "package"), join(modules, "heaviside")]);
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  return files.map(({ path }) => path);
}

try {
  const files = unpack();
  // dist/testing.js is what heaviside/testing imports; any other testing is the repository's own.
  const surplus = files.filter(
    (path) =>
      !/^(dist|src|bin|kernels|native)\/|^[^/]+$/.test(path) ||
      (/\.test\.|\/testing[./]/.test(path) && !/^dist\/testing\.js(\.map)?$/.test(path)),
  );
  if (surplus.length > 0) throw new Error(`the package has files that no user needs: ${surplus.join(", ")}`);
  const binaries = (where) => files.filter((path) => path.startsWith(where) && path.endsWith(".wasm")).length;
  if (binaries("dist/") === 0 || binaries("dist/") !== binaries("src/"))
    throw new Error("the package lacks wasm files");

  const program = 'console.log(Object.keys(await import("heaviside")).length)';
  const exported = run(process.execPath, ["--input-type=module", "-e", program]).trim();
  writeFileSync(
    join(folder, "mistake.mjs"),
    'import { constant, matmul } from "heaviside";\ntry {\n  matmul(constant(1), constant(2));\n} catch (error) {\n  console.log(error.message);\n}\n',
  );
  const mistake = run(process.execPath, ["mistake.mjs"]);
  if (!mistake.includes("mistake.mjs:3")) throw new Error(`an error must name the user's line, it says\n${mistake}`);
  // The laws have to know the same tensors as the library that the estimator is made with.
  const laws =
    'import { estimatorFor } from "heaviside"; import { assertLaws } from "heaviside/testing"; assertLaws(estimatorFor("disarm"));';
  run(process.execPath, ["--input-type=module", "-e", laws]);
  const told = run(process.execPath, ["node_modules/heaviside/bin/heaviside.js", "--version"]).trim();
  if (told !== version) throw new Error(`the command's version is ${told}`);
  const help = run(process.execPath, ["node_modules/heaviside/bin/heaviside.js", "--help"]);
  const backends = run(process.execPath, ["node_modules/heaviside/bin/heaviside.js", "backends"]);
  if (!/Usage: heaviside/.test(help)) throw new Error(`the command's help is\n${help}`);
  if (!/^wasm .* passed/m.test(backends)) throw new Error(`the wasm backend doesn't run:\n${backends}`);
  console.log(checkOutsideProject(folder, run));
  console.log(`${files.length} files, ${exported} exports; its command says:\n${backends}`);
} catch (error) {
  console.error(`check-package: ${error.stderr || error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
