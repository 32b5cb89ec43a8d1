/** A sweep in processes that are killed: no trial is lost, none counts twice, and the table is that of an undisturbed one. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { howMany } from "../../test/support/full.ts";
import { install } from "../../test/support/installed.ts";
import { childrenOf, tableIn } from "../../test/support/sweeps.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { heaviside } from "./testing.ts";

let folder: string;
let bin: string;
let file: string;
folderForAllTests((path) => {
  folder = path;
  install(folder);
  bin = join(folder, "node_modules/heaviside/bin/heaviside.js");
});
folderForAllTests((path) => {
  const data = writeTinyData(path);
  file = join(path, "rates.json");
  const base = { data: "folder", dataDir: data, hidden: 3, batch: 5, epochs: 60 };
  writeFileSync(file, JSON.stringify({ base, space: { rate: { from: 0.01, to: 1, log: true } }, points: 8 }));
});

const words = (out: string): string[] => [
  "sweep",
  file,
  "--out",
  join(folder, out),
  "--backend",
  "wasm",
  "--workers",
  "2",
];
const start = (out: string): ChildProcess =>
  spawn(process.execPath, [bin, ...words(out), "--retries", "100"], {
    stdio: "ignore",
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
const ended = (child: ChildProcess): Promise<number | null> => new Promise((done) => child.once("exit", done));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.runIf(process.platform === "linux")("a sweep", () => {
  it("whose workers and itself are killed has, in the end, the table of an undisturbed one", {
    timeout: 120_000,
  }, async () => {
    expect(await ended(start("whole"))).toBe(0);
    const whole = tableIn(join(folder, "whole")).slice(1);
    expect(whole.map(([trial]) => trial)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);

    let [child, kills] = [start("killed"), 0];
    let end = ended(child);
    const most = howMany(10, 3);
    for (let code: number | null | "runs" = "runs"; code !== 0; ) {
      code = await Promise.race([end, later(120 + 35 * (kills % 7), "runs" as const)]);
      if (code === 0) break;
      expect(code).toBe("runs");
      const [worker] = childrenOf(child.pid!);
      if (kills >= most || worker === undefined) continue;
      const ownKill = kills % 4 === 3;
      const orphans = childrenOf(child.pid!);
      process.kill(ownKill ? child.pid! : worker, "SIGKILL");
      kills++;
      if (!ownKill) continue;
      expect(await end).toBeNull();
      // Its workers see that it is gone, and end.
      await expect.poll(() => orphans.filter(isAlive), { timeout: 20_000 }).toEqual([]);
      child = start("killed");
      end = ended(child);
    }
    expect(kills).toBeGreaterThanOrEqual(2);
    expect(tableIn(join(folder, "killed")).slice(1)).toEqual(whole);
    expect(readdirSync(join(folder, "killed/trials"))).toHaveLength(8);
    const lines = readFileSync(join(folder, "killed/records.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(8);
  });

  it("says how it stands, ranks what has ended, and stops when it is cancelled", { timeout: 60_000 }, async () => {
    const slow = join(folder, "slow.json");
    const base = { data: "folder", dataDir: join(file, "../"), hidden: 3, batch: 5 };
    writeFileSync(slow, JSON.stringify({ question: "Which?", base, space: { epochs: [1, 3000], rate: [0.1, 5e7] } }));
    const out = join(folder, "slow");
    const child = spawn(process.execPath, [bin, "sweep", slow, "--out", out, "--backend", "wasm", "--workers", "1"], {
      stdio: "ignore",
    });
    const end = ended(child);
    await expect
      .poll(async () => (await heaviside("sweep", "status", out)).out, { timeout: 40_000 })
      .toMatch(/Which\?\n[12] of 4 trials done.*process \d+ collects its results/s);
    expect((await heaviside("sweep", "retry", out)).err).toMatch(/is in use by process/);
    expect((await heaviside("sweep", "cancel", out)).out).toContain(`process ${child.pid} stops after its step`);
    expect(await end).toBe(130);
    expect((await heaviside("sweep", "status", out)).out).toContain(
      "no process works on it: the command that began it resumes it",
    );
    expect((await heaviside("sweep", "cancel", out)).out).toContain("nothing runs");
    const { code, out: ranked } = await heaviside("sweep", "report", out);
    expect(code).toBe(0);
    expect(ranked).toMatch(/The lowest validation error of [12] trials? is/);
    expect(readFileSync(join(out, "results.csv"), "utf8").split("\n")[0]).toContain("trial,id,epochs,rate,seed,state");
  });

  it("stops where no trial finds its data, resumes with them, and says once what trials fail by", {
    timeout: 60_000,
  }, () => {
    const [data, out, late] = [join(folder, "late-data"), join(folder, "late"), join(folder, "late.json")];
    const base = { data: "folder", dataDir: data, hidden: 3, batch: 5, epochs: 1 };
    const space = { rate: [0.1, 0.2], augment: ["shift:1", "shift:9"] };
    writeFileSync(late, JSON.stringify({ base, space }));
    const argv = [bin, "sweep", late, "--out", out, "--backend", "wasm", "--workers", "1"];
    const run = () => spawnSync(process.execPath, argv, { encoding: "utf8" });

    const lacking = run();
    expect(lacking.status).toBe(1);
    expect(lacking.stderr).toContain("heaviside: sweep: trial 0 can't run here: data: ");
    expect(lacking.stderr).not.toContain("trial 1");
    expect(existsSync(join(out, "records.jsonl"))).toBe(false);

    writeTinyData(data);
    const found = run();
    expect(found.status).toBe(0);
    expect(tableIn(out).slice(1).map((row) => row.find((cell) => /done|failed/.test(cell)))).toEqual(["done", "failed", "done", "failed"]); // biome-ignore format: one line
    const said = `${found.stdout}${found.stderr}`.replace(/\s+/g, " ");
    const wrong = "augment shift: pixels must be below the 4 pixels of the image's shorter side, received 9";
    expect(said).toContain(`trial 1 failed: rate 0.1, augment shift:9: ${wrong}`);
    expect(said).toContain("trial 3 failed as trial 1 did: rate 0.2, augment shift:9");
    expect(said).toContain(`2 trials failed; the first, trial 1: ${wrong}`);
  });

  it("says what is wrong with a file, and a worker alone what it is for", { timeout: 60_000 }, async () => {
    const wrong = join(folder, "wrong.json");
    writeFileSync(wrong, '{"space":{"rat":[1]}}');
    expect(await heaviside("sweep", wrong)).toMatchObject({
      code: 1,
      err: `heaviside: ${wrong}: space: train has no option --rat (did you mean rate?)\n`,
    });
    const files = {
      "exits.mjs": ["process.exit(0);", "the process ended before that: it must not call process.exit"],
      "waits.mjs": ["await new Promise(() => {});", "or await what never comes"],
      "slip.mjs": ['import "./lib.mjs";', "SyntaxError: Unexpected identifier 'b' (lib.mjs:2)"],
    };
    writeFileSync(join(folder, "lib.mjs"), "export const a =\n a b;");
    for (const [name, [code, why]] of Object.entries(files)) {
      const path = join(folder, name);
      writeFileSync(path, code!);
      const { status, stderr } = spawnSync(process.execPath, [bin, "sweep", path], { encoding: "utf8" });
      expect([status, stderr]).toEqual([1, expect.stringContaining(`heaviside: sweep: cannot load ${path}: `)]);
      expect(stderr).toContain(why);
    }
    expect((await heaviside("sweep")).err).toContain("sweep needs a file that says what is varied");
    expect((await heaviside("sweep", "rates")).err).toContain("sweep: rates must be a file, such as ./rates.mjs");
    expect((await heaviside("worker")).err).toContain("worker: needs --redis, such as");
  });
});
