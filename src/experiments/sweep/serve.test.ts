import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WATCHDOG } from "./serve.ts";

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.runIf(process.platform !== "win32")("a process whose sweep is gone", () => {
  it.each(["for (;;);", "setInterval(() => {}, 1000)"])(
    "ends by itself, whatever its trial does: %s",
    async (trial) => {
      const watch = `const { Worker } = require("node:worker_threads");
      const workerData = { sweep: process.ppid, grace: 50, look: 50 };
      new Worker(${JSON.stringify(WATCHDOG)}, { eval: true, workerData }).on("online", () => {
        process.stdout.write(process.pid + "\\n", () => { ${trial} });
      });`;
      const sweep = spawn(process.execPath, [
        "-e",
        `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(watch)}], { stdio: "inherit" })`,
      ]);
      const [said] = (await once(sweep.stdout!, "data")) as [Buffer];
      const pid = Number(said);
      await new Promise((done) => setTimeout(done, 300));
      expect(isAlive(pid)).toBe(true);
      sweep.kill("SIGKILL");
      try {
        await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
      } finally {
        if (isAlive(pid)) process.kill(pid, "SIGKILL");
      }
    },
  );
});
