/** Sweeps whose trials are queued in Redis: a real one, on loopback. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { lockFolder, sealed } from "../../src/runs/index.ts";
import { full } from "../support/full.ts";
import { tableIn } from "../support/sweeps.ts";
import { folderForAllTests } from "../support/temporary.ts";
import { writeTinyData } from "../support/tiny-data.ts";
import { drill } from "./drill.ts";
import { ended, freePort, installWithQueue, isHere, OwnRedis } from "./redis.ts";

let folder: string;
let bin: string;
let data: string;
folderForAllTests((path) => {
  if (!isHere) return;
  folder = path;
  bin = installWithQueue(folder);
  data = writeTinyData(join(folder, "tiny"));
});

interface Run {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly done: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

const children: ChildProcess[] = [];
function start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [bin, ...words], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder, ...env },
  });
  children.push(child);
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return { child, said: () => out + err, done: ended(child).then((code) => ({ code, out, err })) };
}
const run = (words: readonly string[], env?: Readonly<Record<string, string>>) => start(words, env).done;

/** A job as it comes to a worker. */
interface Sent {
  readonly data: { readonly sweep: string; readonly trial: { readonly id: string; readonly number: number } };
}

/** A sweep's file of the tiny data. */
function sweepFile(name: string, { base = {}, ...rest }: { readonly base?: object } & Record<string, unknown>): string {
  const file = { base: { data: "folder", dataDir: data, hidden: 3, batch: 5, epochs: 3, ...base }, ...rest };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(file));
  return `${name}.json`;
}
const rates = { rate: { from: 0.01, to: 1, log: true } };

/** Rows of the table in a folder, without its head. */
const table = (out: string): string[][] => tableIn(join(folder, out)).slice(1);

describe.skipIf(!isHere)("a sweep over Redis [needs redis-server and npm ci --prefix test/redis]", () => {
  /** They wait for seconds. */
  const inFull = it.runIf(full);
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = new OwnRedis(join(folder, "redis"), await freePort());
    await redis.start();
  });
  afterAll(() => redis?.kill());
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      await ended(child);
    }
  });
  const over = (prefix: string): string[] => ["--redis", redis.url, "--prefix", prefix];
  const worker = (prefix: string, ...more: string[]): Run =>
    start(["worker", ...over(prefix), "--silence", "2", ...more]);
  const sweep = (file: string, out: string, ...more: string[]): string[] => [
    ...["sweep", file, "--out", out, "--backend", "wasm"],
    ...more,
  ];

  it("survives faults of each kind with the table of an undisturbed one", { timeout: 240_000 }, async () => {
    const base = { data: "folder", dataDir: data, hidden: 3, batch: 5, epochs: 10 };
    const { differences } = await drill({ trials: 8, workers: 3, faults: 3, pace: 250, base, say: () => {} });
    expect(differences).toEqual([]);
  });

  inFull("halves as a pool of one process does, with one worker", { timeout: 60_000 }, async () => {
    const file = sweepFile("halved", { base: { epochs: 9 }, space: rates, points: 9, halving: { eta: 3 } });
    expect(await run(sweep(file, "halved-alone", "--workers", "1"))).toMatchObject({ code: 0 });
    worker("halved", "--workers", "1");
    expect(await run(sweep(file, "halved-queued", ...over("halved")))).toMatchObject({ code: 0 });
    expect(table("halved-queued")).toEqual(table("halved-alone"));
    expect(redis.cli("--scan", "--pattern", "halved:*halved-*").stdout.trim()).toBe("");
  });

  it("calls a function of a file that sweep and worker have, with values as the file has them", {
    timeout: 60_000,
  }, async () => {
    const text =
      "export default { space: { x: [1, 2, 3, 4] }, objective: ({ x }) => x === 2 ? NaN : x === 3 ? 1 / 0 : -x };";
    writeFileSync(join(folder, "own.mjs"), text);
    const server = worker("own", "--objective", "own.mjs");
    const { code, out } = await run(["sweep", "./own.mjs", "--out", "own", ...over("own")]);
    expect(code).toBe(0);
    expect(out).toContain("The lowest value of 4 trials is -4.000: x 4 (trial 3).");
    // A value that is no finite number is a failed trial's; values come as the file has them, and 2 is a number.
    expect(table("own").map(([trial, , , , state]) => `${trial} ${state}`)).toEqual(["0 done", "1 failed", "2 failed", "3 done"]); // biome-ignore format: one line
    server.child.kill("SIGINT");
    expect(await server.done).toMatchObject({ code: 0 });
  });

  inFull("is cancelled wherever it runs, says how it stands, and is resumed", { timeout: 90_000 }, async () => {
    const file = sweepFile("slow", { base: { epochs: 2000 }, space: { rate: [0.1, 0.2, 0.3] } });
    const first = start(sweep(file, "slow", ...over("slow")));
    await expect.poll(first.said, { timeout: 20_000 }).toContain("no worker serves these trials yet");
    const server = worker("slow", "--workers", "1");
    await expect
      .poll(async () => (await run(["sweep", "status", "slow"])).out, { timeout: 30_000 })
      .toMatch(
        /0 of 3 trials done.*2 queued, 1 running, 0 to be retried.*worker \d+ on .*, 1 slot, last heard \d+ s ago: rate 0\.1/s,
      );
    const cancelled = await run(["sweep", "cancel", "slow"]);
    expect(cancelled.out).toContain("2 trials taken out of the queue");
    expect((await first.done).code).toBe(130);
    await expect
      .poll(async () => (await run(["sweep", "status", "slow"])).out, { timeout: 20_000 })
      .toMatch(/cancelled.*1 slot, last heard \d+ s ago: idle/s);
    // The same folder with the same plan: what was cancelled is queued again.
    const second = start(sweep(file, "slow", ...over("slow")));
    await expect
      .poll(async () => (await run(["sweep", "status", "slow"])).out, { timeout: 30_000 })
      .toMatch(/2 queued, 1 running/);
    second.child.kill("SIGINT");
    server.child.kill("SIGINT");
    await Promise.all([second.done, server.done]);
  });

  inFull(
    "sets a trial aside that ends its process each time, and retry tries it again",
    { timeout: 60_000 },
    async () => {
      const text = (x: string) => `export default { space: { x: [1, 2, 3] }, objective: ({ x }) => ${x} };`;
      writeFileSync(join(folder, "poison.mjs"), text("x === 2 && !process.env.CURED ? process.exit(7) : x"));
      const sick = worker("poison", "--objective", "poison.mjs");
      const words = ["sweep", "./poison.mjs", "--out", "poison", "--retries", "1", ...over("poison")];
      const { code, out } = await run(words);
      expect(code).toBe(0);
      expect(out).toContain("trial 1 failed: x 2: its process ended with code 7");
      sick.child.kill("SIGKILL");
      expect((await run(["sweep", "retry", "poison"])).out).toContain("1 failed trial forgotten");
      start(["worker", ...over("poison"), "--objective", "poison.mjs"], { CURED: "1" });
      expect(await run(words)).toMatchObject({ code: 0 });
      expect(table("poison").map(([trial, , , , state, value]) => [trial, state, value])).toEqual([
        ["0", "done", "1"],
        ["1", "done", "2"],
        ["2", "done", "3"],
      ]);
    },
  );

  inFull("goes on where another worker has what one lacks", { timeout: 60_000 }, async () => {
    const away = join(folder, "away");
    mkdirSync(away);
    const file = sweepFile("lacking", { base: { dataDir: "tiny" }, space: { rate: [0.1, 0.2] } });
    const first = spawn(process.execPath, [bin, "worker", ...over("lacking")], { cwd: away });
    children.push(first);
    let said = "";
    first.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const all = start(sweep(file, "lacking", ...over("lacking")));
    expect(await ended(first)).toBe(1);
    expect(said).toMatch(/heaviside: worker: rate 0\.\d: .*tiny/);
    worker("lacking");
    expect(await all.done).toMatchObject({ code: 0 });
    expect(table("lacking").every((row) => row.includes("done"))).toBe(true);
  });

  inFull("says what is wrong with an address, and keeps a password to itself", { timeout: 60_000 }, async () => {
    const port = await freePort();
    const locked = new OwnRedis(join(folder, "locked"), port, ["--requirepass", "open sesame"]);
    await locked.start();
    try {
      const file = sweepFile("locked", { space: { rate: [0.1] } });
      const words = sweep(file, "locked", "--redis", locked.url);
      expect((await run(words)).err).toMatch(/cannot use Redis at redis:\/\/127\.0\.0\.1:\d+: NOAUTH/);
      const env = { HEAVISIDE_REDIS_PASSWORD: "open sesame" };
      const open = start(["worker", "--redis", locked.url.replace("//", "//:open%20sesame@")]);
      await expect.poll(open.said, { timeout: 20_000 }).toContain("serving");
      // What `ps` shows.
      expect(readFileSync(`/proc/${open.child.pid}/cmdline`, "utf8")).not.toContain("sesame");
      expect(open.said()).not.toContain("sesame");
      expect(await run(words, env)).toMatchObject({ code: 0 });
      const kept = ["queue.json", "plan.json", "results.json"].map((name) =>
        readFileSync(join(folder, "locked", name), "utf8"),
      );
      expect(kept.join()).not.toContain("sesame");
      expect(JSON.parse(kept[2]!).command).toBe(`npx heaviside sweep ${file}`);
    } finally {
      await locked.kill();
    }
    const file = sweepFile("nobody", { space: { rate: [0.1] } });
    const nobody = await run(sweep(file, "nobody", "--redis", `redis://127.0.0.1:${port}`));
    expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(/ECONNREFUSED.*is it running\?/s) });
    for (const url of ["127.0.0.1:6379", "http://127.0.0.1", "redis://"])
      expect((await run(["worker", "--redis", url])).err).toContain("worker: --redis must be an address such as");
  });

  inFull("speaks TLS to a Redis whose certificate Node trusts", { timeout: 60_000 }, async () => {
    const at = (name: string): string => join(folder, name);
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-keyout", at("key.pem"), "-out", at("cert.pem"), ...subject],
      { stdio: "ignore" },
    );
    const [plain, port] = [await freePort(), await freePort()];
    const files = ["--tls-cert-file", at("cert.pem"), "--tls-key-file", at("key.pem"), "--tls-auth-clients", "no"];
    const secret = new OwnRedis(join(folder, "secret"), plain, ["--tls-port", String(port), ...files]);
    await secret.start();
    try {
      const words = sweep(
        sweepFile("secret", { space: { rate: [0.1] } }),
        "secret",
        "--redis",
        `rediss://127.0.0.1:${port}`,
      );
      expect((await run(words)).err).toMatch(/self-signed certificate/);
      const env = { NODE_EXTRA_CA_CERTS: at("cert.pem") };
      start(["worker", "--redis", `rediss://127.0.0.1:${port}`], env);
      expect(await run(words, env)).toMatchObject({ code: 0 });
    } finally {
      await secret.kill();
    }
  });

  it("leaves no folder behind: those of workers that were killed go, and no other", { timeout: 30_000 }, async () => {
    const [dead, held, young] = ["dead", "held", "young"].map((name) => join(folder, `heaviside-worker-${name}`));
    for (const path of [dead!, held!, young!]) mkdirSync(path);
    const lock = await lockFolder(held!);
    const old = new Date(Date.now() - 3_600_000);
    for (const path of [dead!, held!]) utimesSync(path, old, old);
    const server = worker("folders");
    const own = () => readdirSync(folder).filter((name) => name.startsWith("heaviside-worker-"));
    await expect.poll(() => own().includes("heaviside-worker-dead"), { timeout: 20_000 }).toBe(false);
    server.child.kill("SIGTERM");
    await server.done;
    await lock.release();
    expect(own().filter((name) => /-(dead|held|young)$/.test(name))).toEqual([
      "heaviside-worker-held",
      "heaviside-worker-young",
    ]);
  });

  it("trains equal trials of two sweeps at once on one worker", { timeout: 90_000 }, async () => {
    const file = sweepFile("twins", { base: { epochs: 150 }, space: { rate: [0.1, 0.2] } });
    const server = worker("twins", "--workers", "4");
    const runs = ["twin-1", "twin-2"].map((out) => run(sweep(file, out, ...over("twins"))));
    for (const { code } of await Promise.all(runs)) expect(code).toBe(0);
    expect(table("twin-1").map((row) => row.at(4))).toEqual(["done", "done"]);
    const withoutTimes = (out: string) => table(out).map((row) => row.slice(0, 6));
    expect(withoutTimes("twin-2")).toEqual(withoutTimes("twin-1"));
    expect(server.said()).toMatch(/twins-\w+, trial 0: rate 0\.1: done, error [\d.]+ %, [\d.]+ s/);
  });

  it("records nothing false of what others write into Redis", { timeout: 60_000 }, async () => {
    const { Worker } = await import(`${installedAt()}/bullmq/dist/esm/index.js`);
    const scored = { state: "done", value: 1, by: "error", better: "lower", metric: "error", unit: "%" };
    const good = { ...scored, epochs: 3, selectedEpoch: 1, test: { error: 1 }, seconds: 1 };
    const set = (...words: string[]): void => void redis.cli(...words);
    for (const [i, key] of ["null", "{bad", '{"queue":"x","slots":"x","running":5}'].entries()) {
      set("sadd", "hostile:workers", `w${i}`);
      set("set", `hostile:worker:w${i}`, key, "EX", "12");
    }
    const archive = ({ data: { sweep, trial } }: Sent): string => `hostile:run:${sweep}:${trial.id}`;
    const given: readonly ((job: Sent) => string)[] = [
      (job) => {
        set("set", archive(job), "no archive");
        return sealed(good);
      },
      (job) => {
        set("lpush", archive(job), "x");
        return sealed(good);
      },
      () => sealed({ ...good, value: "<script>" }),
      () => sealed({ state: "failed", error: { a: 1 } }),
      () => sealed({ hello: 1 }),
      () => sealed(good),
    ];
    const { version } = JSON.parse(readFileSync(join(folder, "node_modules/heaviside/package.json"), "utf8"));
    const connection = { host: "127.0.0.1", port: redis.port };
    const does = async (job: Sent) => given[job.data.trial.number]!(job);
    const hostile = new Worker(`trainings-${version}`, does, { connection, prefix: "hostile" });
    const file = sweepFile("hostile", { space: { rate: [1, 2, 3, 4, 5, 6].map((i) => i / 10) } });
    const { code, out } = await run(sweep(file, "hostile", ...over("hostile")));
    await hostile.close();
    expect(code).toBe(0);
    expect(out.match(/ignored in Redis: "hostile:worker:w\d" is no worker's/g)).toHaveLength(3);
    expect(table("hostile").map((row) => row.at(4))).toEqual([...Array(5).fill("failed"), "done"]);
    expect((await run(["sweep", "report", "hostile"])).code).toBe(0);
    expect((await run(["sweep", "retry", "hostile"])).out).toContain("5 failed trials forgotten");
  });

  inFull(
    "ends, as its workers do, where Redis is gone, and status says what the folder knows",
    {
      timeout: 90_000,
    },
    async () => {
      const own = new OwnRedis(join(folder, "gone-redis"), await freePort());
      await own.start();
      const file = sweepFile("gone", { base: { epochs: 5000 }, space: { rate: [0.1, 0.2] } });
      const at = ["--redis", own.url];
      const [all, server] = [start(sweep(file, "gone", ...at)), start(["worker", ...at, "--workers", "1"])];
      await expect.poll(all.said, { timeout: 30_000 }).toContain("1 queued  1 running");
      await own.kill();
      const { code, out, err } = await run(["sweep", "status", "gone"]);
      expect([code, out]).toEqual([1, expect.stringContaining("0 of 2 trials done")]);
      expect(err).toMatch(/heaviside: sweep status: cannot use Redis at .*ECONNREFUSED/);
      for (const { child } of [all, server]) child.kill("SIGTERM");
      expect((await all.done).code).toBe(143);
      expect((await server.done).code).toBe(0);
      expect(existsSync(join(folder, "gone/trials"))).toBe(false);
    },
  );

  inFull("says that Redis is full, and goes on when it has room", { timeout: 60_000 }, async () => {
    const text = "export default { space: { x: [1, 2] }, objective: ({ x }) => x };";
    writeFileSync(join(folder, "full.mjs"), text);
    redis.cli("config", "set", "maxmemory", "1");
    const all = start(["sweep", "./full.mjs", "--out", "full", ...over("full")]);
    const server = worker("full", "--objective", "full.mjs");
    for (const one of [all, server])
      await expect
        .poll(one.said, { timeout: 30_000 })
        .toMatch(/refuses\s+a\s+command:\s+OOM.*raise\s+its\s+maxmemory/s);
    redis.cli("config", "set", "maxmemory", "0");
    expect(await all.done).toMatchObject({ code: 0, out: expect.stringContaining("Redis takes commands again") });
    expect(all.said().match(/OOM/g)).toHaveLength(1);
    expect(table("full").map((row) => row.at(-2))).toEqual(["1", "2"]);
  });

  inFull("makes nothing where Redis can't be used", { timeout: 60_000 }, async () => {
    const copy = new OwnRedis(join(folder, "copy"), await freePort(), ["--replicaof", "127.0.0.1", String(redis.port)]);
    await copy.start();
    try {
      const file = sweepFile("unusable", { space: { rate: [0.1] } });
      const wrong: readonly (readonly [string, RegExp])[] = [
        [copy.url, /refuses a command: READONLY .*read-only replica: give the address of its primary/],
        [`${redis.url}/99`, /cannot use Redis at .*\/99: ERR DB index is out of range/],
        [`${redis.url}/abc`, /may end with the number of a database/],
      ];
      for (const [url, message] of wrong)
        for (const words of [sweep(file, "unusable", "--redis", url), ["worker", "--redis", url]])
          expect(await run(words)).toMatchObject({ code: 1, out: "", err: expect.stringMatching(message) });
      expect(existsSync(join(folder, "unusable"))).toBe(false);
    } finally {
      await copy.kill();
    }
  });

  it("refuses jobs that no sweep sends", { timeout: 60_000 }, async () => {
    const { Queue } = await import(`${installedAt()}/bullmq/dist/esm/index.js`);
    const { version } = JSON.parse(readFileSync(join(folder, "node_modules/heaviside/package.json"), "utf8"));
    const server = worker("forged");
    await expect.poll(server.said, { timeout: 20_000 }).toContain("serving");
    const queue = new Queue(`trainings-${version}`, {
      connection: { host: "127.0.0.1", port: redis.port },
      prefix: "forged",
    });
    const trial = { number: 0, id: "0-00000000", name: "x", point: {}, seed: 1 };
    const code = `data:text/javascript,process.kill(${server.child.pid},"SIGTERM")`;
    const forged = [
      { trial, work: { kind: "objective", url: code }, sweep: "s" },
      { trial: { ...trial, id: "../../escape" }, work: { kind: "train", base: {} }, sweep: "s" },
      null,
    ];
    const jobs = await Promise.all(forged.map((data) => queue.add("x", data)));
    for (const { id } of jobs)
      await expect
        .poll(async () => (await queue.getJob(id)).failedReason, { timeout: 20_000 })
        .toContain("is no trial of a sweep");
    await queue.close();
    await later(100);
    expect(server.child.exitCode).toBeNull();
  });
});

const installedAt = (): string => join(folder, "node_modules");
