/** The code of docs/how-to/deploy-*.md, run as its reader would: services are asked and stopped, pages are opened in a browser. */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/wasm.ts";
import * as library from "../../src/index.ts";
import { bundlers } from "../bundlers/bundlers.js";
import { chromium } from "../e2e/browser-server.ts";
import { learn } from "../e2e/learn.js";
import { installPacked } from "../support/packed.ts";
import { root } from "../support/repository.ts";
import { outputOf, startService, writeFilesOf } from "./pages.ts";

let folder: string;
const x = Array.from({ length: 6 }, (_, i) => Math.fround(Math.sin(1 + i)));
/** What the model says of x, and of zeros. */
let wanted: { name: string; probabilities: readonly number[]; ofZeros: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-deploy-"));
  installPacked(folder);
  if (existsSync(`${root}test/deploy/node_modules`))
    for (const name of ["hono", "@hono"])
      await symlink(`${root}test/deploy/node_modules/${name}`, join(folder, "node_modules", name));
  await writeFile(join(folder, "package.json"), '{ "type": "module", "dependencies": { "heaviside": "*" } }\n');
  const backend = await wasmBackend({ threads: 1 });
  const { bytes } = await learn(library, backend);
  const predict = await library.predictor(bytes, { backend });
  const { name, probabilities } = predict(x);
  wanted = { name, probabilities: [...probabilities], ofZeros: predict(new Float32Array(6)).name };
  await backend.close();
  await writeFile(join(folder, "digits.safetensors"), bytes);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const deno = `${root}test/deno/node_modules/.bin/deno`;
const bun = `${root}test/bun/node_modules/.bin/bun`;
const services = [
  { page: "deploy-node", command: process.execPath, flags: [], needs: `${root}test/deploy/node_modules` },
  {
    page: "deploy-deno",
    command: deno,
    flags: ["run", "--quiet", "--allow-read", "--allow-net", "--allow-env"],
    needs: deno,
  },
  { page: "deploy-bun", command: bun, flags: ["run"], needs: bun },
];

describe("a service", () => {
  for (const { page, command, flags, needs } of services) {
    const side = /test\/\w+/.exec(needs)![0];
    test.skipIf(!existsSync(needs))(
      `of ${page}.md tells its health, predicts, refuses what it can't read, and stops when it is told [needs npm install --prefix ${side}]`,
      { timeout: 60_000 },
      async () => {
        const [script] = await writeFilesOf(folder, `docs/how-to/${page}.md`);
        const service = await startService(folder, command, [...flags, script!]);
        try {
          const ask = async (path: string, body?: string) => {
            const response = await fetch(
              `${service.address}${path}`,
              body === undefined ? {} : { method: "POST", body },
            );
            return { status: response.status, body: (await response.json()) as Record<string, unknown> };
          };
          expect(await ask("/health")).toEqual({ status: 200, body: { ok: true } });
          const { status, body } = await ask("/predict", JSON.stringify(x));
          expect(status).toBe(200);
          expect(body.name).toBe(wanted.name);
          (body.probabilities as number[]).forEach((p, i) => {
            expect(p).toBeCloseTo(wanted.probabilities[i]!, 5);
          });
          const several = await ask("/predict", JSON.stringify([x, x]));
          expect(several).toEqual({ status: 200, body: [body, body] });
          const refused = { error: "predict: x must be an example [6], or a list of examples, received [2]" };
          expect(await ask("/predict", "[1, 2]")).toEqual({ status: 400, body: refused });
          expect((await ask("/predict", "no JSON")).status).toBe(400);
          expect(await service.stop()).toBe(0);
        } finally {
          service.kill();
        }
      },
    );
  }
});

describe("deploy-static.md", () => {
  test.skipIf(!chromium)("shows a prediction on a page without a bundler [needs chromium]", async () => {
    await writeFilesOf(folder, "docs/how-to/deploy-static.md");
    await cp(join(folder, "node_modules/heaviside/dist"), join(folder, "heaviside"), { recursive: true });
    expect(await outputOf(folder)).toBe(wanted.ofZeros);
  });

  test.skipIf(!chromium || !existsSync(`${root}test/bundlers/node_modules`))(
    "shows a prediction on a page that Vite built [needs chromium and npm install --prefix test/bundlers]",
    async () => {
      await writeFilesOf(folder, "docs/how-to/deploy-static.md");
      await mkdir(join(folder, "vite/public"));
      await cp(join(folder, "digits.safetensors"), join(folder, "vite/public/digits.safetensors"));
      expect(await bundlers.vite!.build(join(folder, "vite"))).toEqual([]);
      expect(await outputOf(join(folder, "vite/dist"))).toBe(wanted.ofZeros);
    },
  );
});
