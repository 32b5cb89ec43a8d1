import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { UserError } from "../src/errors.ts";
import { EngineProcess } from "./protocol.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
let engine: EngineProcess;
const start = () => {
  const args = ["--conditions=@heaviside/source", "--import", "tsx", `${here}testing/fake-engine.ts`];
  engine = new EngineProcess("fake", { command: process.execPath, args, env: { FAKE_GREETING: "hello" } }, here);
  return engine;
};
afterEach(() => engine.stop());

describe("an engine's process", () => {
  it("answers each request in order, whatever the library prints", async () => {
    start();
    expect(await engine.request("start", { threads: 2, variant: "here" })).toEqual({ threads: 2, note: "here, hello" });
    const [opened, slice, usage] = await Promise.all([
      engine.request("open", { task: { kind: "sigmoid", count: 5 } }),
      engine.request("slice", { seconds: 0.01 }),
      engine.request("usage", {}),
    ]);
    expect(opened).toEqual({ evidence: [0, 5] });
    expect(slice.seconds).toBeGreaterThanOrEqual(0.01);
    expect(slice.work).toBeGreaterThanOrEqual(1);
    expect(usage.cpuSeconds).toBeGreaterThan(0);
  });

  it("passes an error on with the engine's name and stays alive", async () => {
    start();
    await engine.request("start", { threads: 1, variant: "" });
    await expect(engine.request("slice", { seconds: 1 })).rejects.toThrow(/fake: .*no workload is open/);
    await expect(engine.request("open", { task: { kind: "gemm", m: 1, k: 1, n: 1 } })).rejects.toThrow(
      /cannot do that/,
    );
    await expect(engine.request("open", { task: { kind: "sigmoid", count: 1 } })).resolves.toBeTruthy();
  });

  it("keeps a user's mistake a user's mistake, in one line", async () => {
    start();
    const failure = await engine.request("start", { threads: 1, variant: "unknown" }).catch((error) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(failure.message).toBe("fake: variant: must be fake, received unknown");
  });

  it("rejects what waits and what follows when the process ends, with its last words", async () => {
    start();
    await engine.request("start", { threads: 1, variant: "" });
    const died = /exit code 3; it said:[\s\S]*out of luck/;
    await expect(engine.request("open", { task: { kind: "uniform", count: 1 } })).rejects.toThrow(died);
    await expect(engine.request("usage", {})).rejects.toThrow(died);
  });

  it("rejects when the program cannot be started at all", async () => {
    engine = new EngineProcess("ghost", { command: "/nonexistent/program", args: [] }, here);
    await expect(engine.request("usage", {})).rejects.toThrow(/ghost: .*ENOENT/);
  });
});
