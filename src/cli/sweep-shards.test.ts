/** A sweep in parts, as several machines run it: its table is that of one that runs in one piece. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { install } from "../../test/support/installed.ts";
import { tableIn } from "../../test/support/sweeps.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { heaviside } from "./testing.ts";

let folder: string;
let file: string;
folderForAllTests((path) => {
  folder = path;
  install(folder);
  file = write("rates", {});
});

function write(name: string, more: object): string {
  const base = { data: "folder", dataDir: writeTinyData(join(folder, "tiny")), hidden: 3, batch: 5, epochs: 40 };
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ base, space: { rate: { from: 0.01, to: 1, log: true } }, points: 7, ...more }));
  return path;
}

interface Run {
  readonly child: ChildProcess;
  readonly code: Promise<number | null>;
}
function start(out: string, ...more: string[]): Run {
  const bin = join(folder, "node_modules/heaviside/bin/heaviside.js");
  const words = ["sweep", file, "--out", join(folder, out), "--backend", "wasm", "--workers", "1", ...more];
  const child = spawn(process.execPath, [bin, ...words], { stdio: "ignore", timeout: 60_000, killSignal: "SIGKILL" });
  return { child, code: new Promise((done) => child.once("exit", done)) };
}

const recordsIn = (out: string): string => {
  try {
    return readFileSync(join(folder, out, "records.jsonl"), "utf8");
  } catch {
    return "";
  }
};

describe("the shards of a sweep", () => {
  it("make the table of the whole one, also after one was stopped and one was killed", {
    timeout: 90_000,
  }, async () => {
    const shard = (index: number): Run => start("parts", "--shard", `${index}/3`);
    const [whole, first] = [start("whole"), shard(0)];
    await expect.poll(() => recordsIn("parts/shard-0-of-3"), { timeout: 30_000, interval: 5 }).toContain("checksum");
    first.child.kill("SIGTERM");
    const second = shard(1);
    await expect.poll(() => recordsIn("parts/shard-1-of-3"), { timeout: 30_000, interval: 5 }).toContain("checksum");
    second.child.kill("SIGKILL");
    await second.code;
    const code = await first.code;
    const incomplete = await heaviside("sweep", "report", join(folder, "parts"));
    if (code !== 0) expect(incomplete.out).toMatch(/Shards? 0(–1)? of 3 not at the end\./);
    expect(incomplete.out).toContain("Shard 2 of 3 not begun.");
    const again = [shard(0), shard(1), shard(2)];
    expect(await Promise.all([whole, ...again].map((run) => run.code))).toEqual([0, 0, 0, 0]);

    const { out, err } = await heaviside("sweep", "report", join(folder, "parts"));
    expect(err).toBe("");
    expect(out).toContain("report of 7 of 7 trials");
    expect(out).not.toContain("Without a result");
    expect(tableIn(join(folder, "parts"))).toEqual(tableIn(join(folder, "whole")));
    expect((await heaviside("sweep", "status", join(folder, "parts"))).out).toMatch(
      /7 of 7 trials done.*it has ended/s,
    );
  });

  it("are refused where they can't be: with halving, with a queue, and where there are too many", async () => {
    const refused = async (path: string, ...words: string[]): Promise<string> => {
      const { code, err } = await heaviside("sweep", path, "--out", join(folder, "refused"), ...words);
      expect(code).toBe(1);
      return err;
    };
    expect(await refused(file, "--shard", "3/3")).toContain("sweep: --shard counts shards from 0: 0/3 to 2/3");
    expect(await refused(file, "--shard", "0/8")).toContain("7 trials have at most as many shards, received 0/8");
    expect(await refused(file, "--shard", "0/3", "--redis", "redis://127.0.0.1:1")).toContain(
      "--shard runs trials without a queue: give --shard or --redis",
    );
    expect(await refused(write("halved", { halving: { eta: 2 } }), "--shard", "0/3")).toContain(
      "--shard doesn't go with halving",
    );
  });
});
