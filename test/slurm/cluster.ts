/** A cluster of Slurm on loopback, with this machine as its node, for tests. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { ended, freePort } from "../redis/redis.ts";

/** Whether Slurm is here, and may be started. */
export const isHere =
  process.getuid?.() === 0 &&
  ["slurmctld", "slurmd", "munged"].every((name) => spawnSync(name, ["--version"]).error === undefined);

export class Cluster {
  readonly #folder: string;
  readonly #daemons: ChildProcess[] = [];
  readonly env: NodeJS.ProcessEnv;

  constructor(folder: string) {
    this.#folder = folder;
    this.env = { ...process.env, SLURM_CONF: join(folder, "slurm.conf") };
  }

  /** Starts it, and waits until the node is idle. */
  async start(): Promise<void> {
    const at = (name: string): string => join(this.#folder, name);
    for (const name of ["state", "spool"]) mkdirSync(at(name), { recursive: true });
    writeFileSync(at("munge.key"), randomBytes(128), { mode: 0o600 });
    const node = hostname().split(".")[0]!;
    const conf = {
      ...{ ClusterName: "test", SlurmctldHost: `${node}(127.0.0.1)`, SlurmUser: "root", MailProg: "/bin/true" },
      ...{ AuthInfo: `socket=${at("munge.socket")}`, StateSaveLocation: at("state"), SlurmdSpoolDir: at("spool") },
      ...{ SlurmctldPidFile: at("slurmctld.pid"), SlurmdPidFile: at("slurmd.pid"), ReturnToService: 2 },
      ...{ SlurmctldPort: await freePort(), SlurmdPort: await freePort(), ProctrackType: "proctrack/linuxproc" },
      ...{ TaskPlugin: "task/none", SelectType: "select/cons_tres", SelectTypeParameters: "CR_Core", KillWait: 20 },
      // Four cores and as much memory as a job asks for, whatever this machine has.
      SlurmdParameters: "config_overrides",
      SchedulerParameters: "sched_interval=1,bf_interval=1,batch_sched_delay=1",
      NodeName: `${node} NodeAddr=127.0.0.1 CPUs=4 CoresPerSocket=4 RealMemory=64000`,
      PartitionName: `main Nodes=${node} Default=YES MaxTime=INFINITE State=UP`,
    };
    const lines = Object.entries(conf).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(at("slurm.conf"), lines.join(""));
    this.#daemon("munged", [
      ...["--foreground", "--force", `--socket=${at("munge.socket")}`, `--key-file=${at("munge.key")}`],
      ...[`--pid-file=${at("munged.pid")}`, `--log-file=${at("munged.log")}`, `--seed-file=${at("munged.seed")}`],
    ]);
    this.#daemon("slurmctld", ["-D"]);
    this.#daemon("slurmd", ["-D"]);
    for (let i = 0; i < 100; i++) {
      if (this.run("sinfo", "-h", "-o", "%T") === "idle\n") return;
      await later(300);
    }
    throw new Error("the node of Slurm doesn't become idle");
  }

  #daemon(name: string, words: readonly string[]): void {
    this.#daemons.push(spawn(name, words, { env: this.env, stdio: "ignore" }));
  }

  /** What a command of Slurm prints. */
  run(command: string, ...words: readonly string[]): string {
    return spawnSync(command, words, { env: this.env, encoding: "utf8" }).stdout;
  }

  async stop(): Promise<void> {
    for (const daemon of this.#daemons.splice(0).toReversed()) {
      daemon.kill("SIGTERM");
      await ended(daemon);
    }
  }
}
