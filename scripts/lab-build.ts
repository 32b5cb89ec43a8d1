// npm run lab:build: the page of the lab as a static site in dist/lab, for any web server. The packages of lab/ are installed first where they
// are missing. MNIST and Fashion-MNIST lie beside it as gzip files where they are installed; the page asks for them when a training begins.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { imageSets, missingSets } from "../src/lab/image-sets.ts";
import { readableByAll } from "./build/modes.js";
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
  const sets = imageSets();
  const there: string[] = [];
  const missing: string[] = [];
  for (const [name, find] of Object.entries(sets)) {
    const files = await find().catch(() => undefined);
    (files ? there : missing).push(name);
    if (!files) continue;
    const folder = join(site, "data", name);
    mkdirSync(folder, { recursive: true });
    for (const [file, path] of files)
      writeFileSync(join(folder, `${file}.gz`), gzipSync(readFileSync(path), { level: 6 }));
  }
  mkdirSync(join(site, "data"), { recursive: true });
  writeFileSync(join(site, "data/sets.json"), await missingSets(sets));
  const without = missing.length > 0 ? `; without ${missing.join(" and ")}, which is not installed` : "";
  return `with ${there.length > 0 ? there.join(" and ") : "no images"}${without}`;
}

try {
  buildPage();
  const data = await addData();
  readableByAll(site);
  console.log(`lab: the page is in ${site}, ${data}`);
} catch (error) {
  console.error(`lab: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
