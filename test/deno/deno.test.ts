/** The sources in Deno, which strips their types itself. `npm install --prefix test/deno` brings it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/wasm.ts";
import * as library from "../../src/entries/engine.ts";
import { train } from "../e2e/train.js";

const deno = fileURLToPath(new URL("node_modules/.bin/deno", import.meta.url));

test.skipIf(!existsSync(deno))(
  "Deno trains from the sources, with Node's numbers [needs npm install --prefix test/deno]",
  async () => {
    const program = fileURLToPath(new URL("program.ts", import.meta.url));
    const flags = ["run", "--quiet", "--no-check", "--no-lock", "--allow-read", "--allow-env", "--allow-sys"];
    const { stdout } = await promisify(execFile)(deno, [...flags, program]);
    const backend = await wasmBackend({ threads: 1 });
    expect(JSON.parse(stdout)).toEqual({ threads: 2, ...train(library, backend) });
    await backend.close();
  },
);
