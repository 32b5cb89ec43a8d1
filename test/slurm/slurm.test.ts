/** The script of `npx heaviside sweep jobs --for slurm` in a job array of Slurm itself. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { install } from "../support/installed.ts";
import { folderForAllTests } from "../support/temporary.ts";
import { Cluster, isHere } from "./cluster.ts";

describe.skipIf(!isHere)("a job array [needs root, slurmctld, slurmd and munge]", () => {
  let project: string;
  let cluster: Cluster;
  folderForAllTests((folder) => {
    project = join(folder, "pro ject's");
    cluster = new Cluster(join(folder, "slurm"));
    install(project);
    mkdirSync(join(project, "node_modules/.bin"));
    symlinkSync("../heaviside/bin/heaviside.js", join(project, "node_modules/.bin/heaviside"));
    // Trials take long until there is a file.
    const text = `import { existsSync } from "node:fs";
const later = () => new Promise((done) => setTimeout(done, existsSync("hurry") ? 0 : 1000));
export default { space: { x: { from: -10, to: 9, whole: true } }, points: 20, objective: ({ x }) => later().then(() => x * x) };`;
    writeFileSync(join(project, "my rates.mjs"), text);
  });
  beforeAll(() => cluster?.start(), 60_000);
  afterAll(() => cluster?.stop());

  const heaviside = (...words: string[]): string =>
    spawnSync("node_modules/.bin/heaviside", words, { cwd: project, encoding: "utf8" }).stdout;
  const records = (shard: number): string[] => {
    const path = join(project, `out/shard-${shard}-of-2/records.jsonl`);
    return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
  };
  it("that is preempted, and whose time is over, is queued again and resumes to the end", {
    timeout: 120_000,
  }, async () => {
    heaviside("sweep", "jobs", "my rates.mjs", "--for", "slurm", "--shards", "2", "--cpus", "1", "--out", "out");
    const sent = spawnSync("sbatch", ["--parsable", "my-rates.slurm.sh"], {
      cwd: project,
      env: cluster.env,
      encoding: "utf8",
    });
    expect(sent.stderr).toBe("");
    const array = sent.stdout.trim();
    await expect.poll(() => records(0).length * records(1).length, { timeout: 60_000 }).toBeGreaterThan(0);
    cluster.run("scontrol", "requeue", `${array}_0`);
    // It is sent at once, and then scancel waits for a job that is queued again meanwhile.
    const signal = ["--signal=USR1", "--batch", `${array}_1`];
    const scancel = spawn("scancel", signal, { env: cluster.env, stdio: "ignore" });
    await expect
      .poll(() => cluster.run("squeue", "-h", "-t", "PD", "-o", "%i").trim().split("\n").toSorted(), {
        timeout: 30_000,
      })
      .toEqual([`${array}_0`, `${array}_1`]);
    scancel.kill();
    expect(records(0).length + records(1).length).toBeLessThan(20);
    writeFileSync(join(project, "hurry"), "");
    const log = (task: number): string => readFileSync(join(project, `my-rates-${array}_${task}.log`), "utf8");
    for (const task of [0, 1]) expect(log(task)).toContain("the same command resumes it");
    // Only what has left its node may begin again.
    await later(3000);
    // A task that has ended is begun again after two minutes, unless its configuration says otherwise.
    const hurried = (): string => {
      for (const task of [0, 1]) cluster.run("scontrol", "update", `jobid=${array}_${task}`, "StartTime=now");
      return cluster.run("squeue", "-h");
    };
    await expect.poll(hurried, { timeout: 60_000, interval: 500 }).toBe("");
    expect([records(0).length, records(1).length]).toEqual([10, 10]);
    for (const task of [0, 1]) {
      const shown = cluster.run("scontrol", "show", "job", `${array}_${task}`);
      expect(shown).toContain("JobState=COMPLETED");
      expect(shown).toContain("Restarts=1");
    }
    expect(heaviside("sweep", "report", "out")).toContain("report of 20 of 20 trials");
    expect(readdirSync(join(project, "out")).filter((name) => name.startsWith("shard"))).toHaveLength(2);
  });
});
