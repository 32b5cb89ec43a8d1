/**
 * A drill: a Redis, a sweep over it and four workers, of which two are killed again and again, and so are the sweep, Redis and the network. The
 * table at the end must be the one of the same sweep in a pool of this machine that nobody disturbed.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { childrenOf, tableIn } from "../support/sweeps.ts";
import { ended, freePort, installWithQueue, OwnRedis } from "./redis.ts";

export interface DrillOptions {
  readonly trials: number;
  readonly workers: number;
  /** Faults to inject at least: sweeps follow each other until then. */
  readonly faults: number;
  /** Milliseconds between two faults, about. */
  readonly pace: number;
  /** Options that all trials have, as in a sweep's file. */
  readonly base: object;
  say(text: string): void;
}

/** What a drill came to. */
export interface Drilled {
  /** Sweeps that were disturbed. */
  readonly sweeps: number;
  /** How often each kind of fault was injected. */
  readonly faults: { readonly [kind: string]: number };
  readonly seconds: { readonly alone: number; readonly disturbed: number };
  /** What differs from the undisturbed sweep; empty: nothing. */
  readonly differences: readonly string[];
}

/** Seconds of silence after which a worker's trials go to others. */
const SILENCE = "2";

/** Numbers from 0 to 1 that are the same each time. */
function draws(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export async function drill(options: DrillOptions): Promise<Drilled> {
  const folder = mkdtempSync(join(tmpdir(), "heaviside-drill-"));
  const place = new Place(folder, options, await freePort());
  try {
    options.say("the sweep alone, in a pool of this machine");
    const begun = performance.now();
    await place.alone();
    const alone = (performance.now() - begun) / 1000;
    options.say(`${alone.toFixed(1)} s; now by Redis and ${options.workers} workers, with faults`);
    const disturbed = performance.now();
    await place.begin();
    const differences: string[] = [];
    let sweeps = 0;
    do {
      await place.disturbed(`disturbed-${++sweeps}`);
      differences.push(...place.differences());
    } while (place.total < options.faults && differences.length === 0);
    const seconds = { alone, disturbed: (performance.now() - disturbed) / 1000 };
    return { sweeps, faults: place.faults, seconds, differences };
  } finally {
    await place.end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Place {
  readonly faults: { [kind: string]: number } = {};
  readonly #folder: string;
  readonly #options: DrillOptions;
  readonly #bin: string;
  readonly #redis: OwnRedis;
  readonly #temporary: string;
  readonly #workers: (ChildProcess | undefined)[] = [];
  readonly #draw = draws();
  #sweep: ChildProcess | undefined;
  /** The folder of the sweep that runs. */
  #out = "";
  #said = "";

  constructor(folder: string, options: DrillOptions, port: number) {
    [this.#folder, this.#options] = [folder, options];
    this.#bin = installWithQueue(folder);
    this.#temporary = join(folder, "temporary");
    mkdirSync(this.#temporary);
    this.#redis = new OwnRedis(join(folder, "redis"), port);
    const { base, trials } = options;
    const space = { rate: { from: 0.01, to: 1, log: true } };
    writeFileSync(join(folder, "rates.json"), JSON.stringify({ base, space, points: trials }));
  }

  #start(...words: string[]): ChildProcess {
    const child = spawn(process.execPath, [this.#bin, ...words], {
      cwd: this.#folder,
      // Killed workers leave folders.
      env: { ...process.env, TMPDIR: this.#temporary },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#said = (this.#said + text).slice(-4000)));
    return child;
  }

  async alone(): Promise<void> {
    const code = await ended(this.#start("sweep", "rates.json", "--out", "alone", "--backend", "wasm"));
    if (code !== 0) throw new Error(`the sweep ended with ${code}: ${this.#said}`);
  }

  #startSweep(): void {
    const words = ["sweep", "rates.json", "--out", this.#out, "--backend", "wasm", "--retries", "100"];
    this.#sweep = this.#start(...words, "--redis", this.#redis.url);
  }

  #startWorker(i: number): void {
    const words = ["worker", "--redis", this.#redis.url, "--workers", "1", "--silence", SILENCE];
    this.#workers[i] = this.#start(...words);
  }

  async begin(): Promise<void> {
    await this.#redis.start();
    for (let i = 0; i < this.#options.workers; i++) this.#startWorker(i);
  }

  get total(): number {
    return Object.values(this.faults).reduce((a, b) => a + b, 0);
  }

  async disturbed(out: string): Promise<void> {
    this.#out = out;
    this.#startSweep();
    let shown = performance.now();
    for (;;) {
      await later(this.#options.pace * (0.5 + this.#draw()));
      const { exitCode, signalCode } = this.#sweep!;
      if (exitCode === 0) break;
      if (exitCode !== null || signalCode !== null) throw new Error(`the sweep ended with ${exitCode}: ${this.#said}`);
      await this.#disturb();
      if (performance.now() - shown < 5000) continue;
      shown = performance.now();
      this.#options.say(`${this.#records().length} of ${this.#options.trials} trials, ${this.total} faults`);
    }
  }

  /** One fault: most often a worker of the first two, whose process or the one that trains is killed. */
  async #disturb(): Promise<void> {
    const u = this.#draw();
    const i = this.#draw() < 0.5 ? 0 : 1;
    const worker = this.#workers[i]!;
    if (u < 0.5) {
      worker.kill("SIGKILL");
      await ended(worker);
      this.#startWorker(i);
      this.#count("worker killed");
    } else if (u < 0.75) {
      const [training] = childrenOf(worker.pid!);
      if (training === undefined) return;
      process.kill(training, "SIGKILL");
      this.#count("training killed");
    } else if (u < 0.85) {
      this.#sweep!.kill("SIGKILL");
      await ended(this.#sweep!);
      this.#startSweep();
      this.#count("sweep killed");
    } else if (u < 0.95) {
      await this.#redis.kill();
      await later(200);
      await this.#redis.start();
      this.#count("Redis killed");
    } else if (this.#draw() < 0.5) {
      worker.kill("SIGTERM");
      await ended(worker);
      this.#startWorker(i);
      this.#count("worker asked to leave");
    } else if (hasOwnNetwork()) {
      spawnSync("ip", ["link", "set", "lo", "down"]);
      await later(1000 + 3000 * this.#draw());
      spawnSync("ip", ["link", "set", "lo", "up"]);
      this.#count("network cut");
    }
  }

  #count(kind: string): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  #records(): string[] {
    try {
      return readFileSync(join(this.#folder, this.#out, "records.jsonl"), "utf8")
        .split("\n")
        .slice(0, -1);
    } catch {
      return [];
    }
  }

  differences(): string[] {
    const [alone, disturbed] = [this.#table("alone"), this.#table(this.#out)];
    const { trials } = this.#options;
    const found = alone.flatMap((row, i) => (row === disturbed[i] ? [] : [`${row} became ${disturbed[i]}`]));
    if (alone.length !== trials) found.push(`the sweep alone has ${alone.length} trials of ${trials}`);
    if (disturbed.length !== alone.length) found.push(`${disturbed.length} trials of ${alone.length}`);
    const records = this.#records().length;
    if (records !== trials) found.push(`${records} records of ${trials} trials`);
    const folders = readdirSync(join(this.#folder, this.#out, "trials")).length;
    if (folders !== trials) found.push(`${folders} run folders of ${trials} trials`);
    const left = this.#redis
      .cli("--scan")
      .stdout.split("\n")
      .filter((key) => /rates-/.test(key));
    if (left.length > 0) found.push(`left in Redis: ${left.slice(0, 5).join(", ")}`);
    return found;
  }

  /** Rows of a table, each as one text. */
  #table(out: string): string[] {
    const [, ...rows] = tableIn(join(this.#folder, out));
    return rows.map((row) => row.join(","));
  }

  async end(): Promise<void> {
    for (const child of [this.#sweep, ...this.#workers]) child?.kill("SIGKILL");
    await this.#redis.kill();
    // What trained sees that its worker is gone, and ends.
    await later(500);
  }
}

/** Whether this process is alone in its network, as `unshare --net` makes one: nobody else's is cut. */
function hasOwnNetwork(): boolean {
  return process.env.HEAVISIDE_OWN_NETWORK === "1";
}
