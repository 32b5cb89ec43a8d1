import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { EngineProcess } from "../protocol.ts";

const folders: string[] = [];
const engines: EngineProcess[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The engine's process, with modules of our own in place of the named ones. */
function start(modules: Record<string, string>): EngineProcess {
  const folder = mkdtempSync(join(tmpdir(), "modules-"));
  folders.push(folder);
  for (const [name, source] of Object.entries(modules)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "__init__.py"), source);
  }
  const args = [fileURLToPath(new URL("pytorch.py", import.meta.url))];
  const engine = new EngineProcess("torch", { command: "python3", args, env: { PYTHONPATH: folder } }, folder);
  engines.push(engine);
  return engine;
}

describe("PyTorch's engine", () => {
  it("says in one line how to get PyTorch where it is missing", async () => {
    const engine = start({ numpy: "", torch: 'raise ImportError("No module named torch")' });
    const failure = await engine.request("start", { threads: 2, variant: "by hand" }).catch((error) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(failure.message).toBe("torch: No module named torch; apt-get install python3-torch libopenblas0-openmp");
  });

  it("answers what follows after a failure, whatever a library prints", async () => {
    const engine = start({ numpy: 'print("a banner")', torch: "" });
    await expect(engine.request("start", { threads: 1, variant: "by hand" })).rejects.toThrow(
      /^torch: AttributeError: .*set_num_threads/,
    );
    const { cpuSeconds } = await engine.request("usage", {});
    expect(cpuSeconds).toBeGreaterThan(0);
  });
});
