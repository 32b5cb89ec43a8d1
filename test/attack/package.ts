import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleInto } from "../support/bundle.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where the packages lie that an application gets with this one, by the lock file. They are copied: a user without rights can't follow links. */
function runtimePackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>;
  };
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional && existsSync(join(root, path)))
    .map(([path]) => path);
}

/**
 * The package as an application would have it, in `folder`: the sources bundled, so that a process starts in a tenth of a second, the
 * command, and the native add-on where it is built. Beside it the attacks' own process, `worker.mjs`, and what disturbs others, `disturb.cjs`.
 */
export async function buildPackage(folder: string): Promise<string> {
  const pack = join(folder, "package");
  mkdirSync(pack, { recursive: true });
  bundleInto(join(pack, "dist"));
  for (const name of ["bin", "package.json"]) cpSync(join(root, name), join(pack, name), { recursive: true });
  const addon = join(root, "native/build/heaviside.node");
  if (existsSync(addon)) cpSync(addon, join(pack, "native/build/heaviside.node"));
  for (const path of runtimePackages()) cpSync(join(root, path), join(pack, path), { recursive: true });
  // One folder with a runtime for ONNX: its attack alone needs it, and isn't confined.
  const runtime = join(root, "test/onnx/node_modules/onnxruntime-node");
  if (existsSync(runtime)) symlinkSync(runtime, join(pack, "node_modules/onnxruntime-node"));
  const bundled = { bundle: true, packages: "external", platform: "node", logLevel: "warning" } as const;
  const bundle = (from: URL, to: string, format: "esm" | "cjs") =>
    build({ ...bundled, entryPoints: [fileURLToPath(from)], outfile: join(pack, to), format });
  await bundle(new URL("worker.ts", import.meta.url), "worker.mjs", "esm");
  await bundle(new URL("disturb.ts", import.meta.url), "disturb.cjs", "cjs");
  return pack;
}
