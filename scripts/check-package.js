// The package as it would be published, unpacked outside of the checkout: what is in it, how large it is alone and in a program, whether
// Node can import it and run its command, whether its bundled modules know where they are, and whether a strict TypeScript project compiles
// with it and runs. Needs a build.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkBundles } from "./bundle-sizes.js";
import { bytesOnDisk } from "./bytes-on-disk.js";
import { checkWithoutScripts } from "./install-without-scripts.js";
import { checkLab } from "./lab-in-package.js";
import { checkOutsideProject } from "./outside-project.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { dependencies = {}, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "heaviside-package-"));
const MOST_INSTALLED = 12e6;
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
  return { files: files.map(({ path }) => path), tarball: join(folder, filename) };
}

/** Bytes on disk of the package, its dependencies and the add-on that is built when it is installed. Throws for more than MOST_INSTALLED. */
function checkInstalledSize() {
  const addon = join(root, "native/build/heaviside.node");
  const bytes = bytesOnDisk(join(folder, "node_modules/heaviside")) + (existsSync(addon) ? bytesOnDisk(addon) : 0);
  const all =
    bytes + Object.keys(dependencies).reduce((sum, name) => sum + bytesOnDisk(join(root, "node_modules", name)), 0);
  const said = `installed, with dependencies and the native add-on: ${(all / 1e6).toFixed(1)} MB`;
  if (all > MOST_INSTALLED) throw new Error(`${said}; at most ${MOST_INSTALLED / 1e6} MB are allowed`);
  return said;
}

try {
  const { files, tarball } = unpack();
  // dist/testing.js is what heaviside/testing imports; any other testing is the repository's own.
  const surplus = files.filter(
    (path) =>
      !/^(dist|bin|kernels|native)\/|^[^/]+$/.test(path) ||
      path.endsWith(".map") ||
      (/\.test\.|\/testing[./]/.test(path) && path !== "dist/testing.js"),
  );
  if (surplus.length > 0) throw new Error(`the package has files that no user needs: ${surplus.join(", ")}`);
  const binaries = files.filter((path) => path.startsWith("dist/backends/") && path.endsWith(".wasm"));
  const built = readdirSync(join(root, "src/backends/wasm")).filter((name) => name.endsWith(".wasm"));
  if (binaries.length !== built.length) throw new Error(`the package has the wasm files ${binaries.join(", ")} alone`);
  const page = files.filter((path) => path.startsWith("dist/lab/"));
  if (!page.includes("dist/lab/index.html") || !page.includes("dist/lab/licences.md"))
    throw new Error("the package lacks the page of the lab: run npm run lab:build before");
  if (!files.includes("dist/licences.txt"))
    throw new Error("the package lacks the licences of the code that it bundles");
  if (page.some((path) => path.includes("/data/"))) throw new Error("the package has MNIST, which is not ours");
  console.log(checkInstalledSize());

  const program = 'console.log(Object.keys(await import("heaviside")).length)';
  const exported = run(process.execPath, ["--input-type=module", "-e", program]).trim();
  writeFileSync(
    join(folder, "mistake.mjs"),
    'import { constant, matmul } from "heaviside/engine";\ntry {\n  matmul(constant(1), constant(2));\n} catch (error) {\n  console.log(error.message);\n}\n',
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
  console.log(await checkLab(folder));
  console.log(checkWithoutScripts(folder, tarball, run));
  console.log(await checkBundles(folder));
  console.log(checkOutsideProject(folder, run));
  console.log(`${files.length} files, ${exported} exports; its command says:\n${backends}`);
} catch (error) {
  console.error(`check-package: ${error.stderr || error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
