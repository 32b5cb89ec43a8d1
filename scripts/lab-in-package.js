// The lab of the package as a user starts it: the page, and each wasm file that the page asks for, of which the package has one copy.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Starts `heaviside lab` of the package in a folder's node_modules. Throws where it doesn't serve what the page needs. */
export async function checkLab(folder) {
  const home = join(folder, "node_modules/heaviside");
  const args = [join(home, "bin/heaviside.js"), "lab", "--no-open", "--port", "0"];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    let url;
    for await (const line of createInterface(server.stdout)) if ((url = /http\S+/.exec(line)?.[0])) break;
    const assets = join(home, "dist/lab/assets");
    const code = readdirSync(assets).map((name) => readFileSync(join(assets, name), "utf8"));
    const kernels = new Set(code.flatMap((text) => text.match(/[\w-]+-[\w-]{8}\.wasm/g) ?? []));
    for (const path of ["", ...[...kernels].map((name) => `assets/${name}`)]) {
      const { status, headers } = await fetch(new URL(path, url));
      const type = path === "" ? "text/html; charset=utf-8" : "application/wasm";
      if (status !== 200 || headers.get("content-type") !== type)
        throw new Error(`the lab answers /${path} with ${status}`);
    }
    if (kernels.size < 4) throw new Error(`the lab's page names ${kernels.size} wasm files`);
    return `the lab serves its page and ${kernels.size} wasm files`;
  } finally {
    server.kill("SIGINT");
  }
}
